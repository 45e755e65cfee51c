"""Finds the recording that belongs to a call, and lets the right people hear it."""
