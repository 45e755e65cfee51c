"""The database: sessions, the tables of the calls, and the writer that fills them."""
