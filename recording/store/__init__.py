"""Where the sound of calls is kept: compressed, encrypted, checked, and found again."""
