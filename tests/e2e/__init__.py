"""The whole system as its users have it: real PBX, real service, real browser."""
