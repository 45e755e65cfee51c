"""The customers, what happened with them, and their tickets."""
