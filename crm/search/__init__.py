"""One box for everything: what people type, and the rows it means."""
