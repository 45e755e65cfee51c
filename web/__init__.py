"""The HTTP API, sign-in and rights, the board, and the console."""
