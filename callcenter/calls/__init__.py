"""The model of a call: PBX messages and their time in, domain events out. No I/O, no clock."""
