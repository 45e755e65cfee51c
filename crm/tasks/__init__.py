"""What somebody promised to do for a customer, and by when."""
