"""Puts the card of who is calling on the right consoles, before the phone is answered."""
