"""Customers that nobody looks after: how they get there, and who may take them."""
