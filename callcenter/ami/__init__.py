"""The link to the PBX: bytes to messages, actions to answers, and the state after a gap."""
