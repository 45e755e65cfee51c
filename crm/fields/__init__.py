"""What administrators add to a customer: typed fields of their own."""
