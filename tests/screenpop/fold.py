"""The reference client: what a console has to do with frames, in as few words as possible."""

from __future__ import annotations

from functools import reduce

import msgspec

from screenpop import frames
from screenpop.screens import MeFrame

_frames: msgspec.json.Decoder[frames.ServerFrame] = msgspec.json.Decoder(frames.ServerFrame)
_states = msgspec.json.Decoder(frames.MeState)


def over_the_wire(frame: msgspec.Struct) -> frames.ServerFrame:
    """As a client sees it: encoded here, decoded there, with the card a card again."""
    return _frames.decode(msgspec.json.encode(frame))


def state_over_the_wire(state: frames.MeState) -> frames.MeState:
    return _states.decode(msgspec.json.encode(state))


def fold(state: frames.MeState, frame: frames.ServerFrame) -> frames.MeState:
    """One step of a console's state."""
    pops = {pop.interaction: pop for pop in state.pops}
    calls = {call.interaction: call for call in state.calls}
    link, agent, score = state.link, state.agent, state.score
    match frame:
        case frames.PopOffered(pop=pop):
            pops[pop.interaction] = pop
        case frames.PopWithdrawn(interaction=gone):
            del pops[gone]
        case frames.CallChanged(call=call):
            calls[call.interaction] = call
        case frames.CallClosed(interaction=gone):
            del calls[gone]
        case frames.LinkChanged(link=link):
            pass
        case frames.AgentStatusChanged(agent=agent):
            pass
        case frames.ScoreTold(score=score):
            pass
        case _:
            raise AssertionError(f"not a frame of this stream: {frame}")
    return frames.MeState(
        pops=list(pops.values()), calls=list(calls.values()), link=link, agent=agent, score=score
    )


def fold_all(state: frames.MeState, changes: list[MeFrame]) -> frames.MeState:
    return reduce(fold, map(over_the_wire, changes), state)
