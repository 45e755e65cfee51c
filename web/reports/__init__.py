"""Reports: what was, in figures that can be computed again and give the same."""
