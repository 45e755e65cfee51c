"""The PBX asks us by FastAGI what to do with a call: our server, one coroutine for each call."""
