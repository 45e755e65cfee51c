"""The backbone: configuration, the PBX link, the model of a call, the bus and the wiring."""
