"""What happened with a customer: one timeline, written once however often the story is told."""
