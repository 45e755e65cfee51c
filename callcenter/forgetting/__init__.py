"""Removes a person from wherever they were written down, and keeps them from coming back."""
