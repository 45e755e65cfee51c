"""Customers that are there twice: found, merged into one, and parted again when it was wrong."""
