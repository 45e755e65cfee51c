"""The HTTP API: one module of structs and handlers for each thing, one table of all routes."""
