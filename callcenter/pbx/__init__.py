"""A real Asterisk with robot telephones, for the demo and the tests: only the standard library."""
