"""A day of the call center in virtual time, decided by the very engine and agents' machine."""
