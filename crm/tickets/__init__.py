"""What a customer is owed an answer to: the first tables of the service tickets."""
