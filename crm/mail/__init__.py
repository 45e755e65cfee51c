"""Mail to customers: written into an outbox with what it belongs to, sent behind it."""
