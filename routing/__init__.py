"""Who gets the call: agents, their phones and queues."""
