"""Customers in from files and lists out to files: CSV and Excel workbooks."""
