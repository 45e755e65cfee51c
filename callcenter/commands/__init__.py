"""Commands that are too small for a room of their own."""
