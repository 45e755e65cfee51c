"""The history of the database's shape; README.md says how to add to it."""
