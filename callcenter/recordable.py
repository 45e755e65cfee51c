"""What is known of one side of a call when it is asked whether to record it.

Those who ask (the call's own flow) and those who answer (the rules about recording) live in rooms
that do not know each other.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recordable:
    """`interface`: the agent's telephone, when nobody knows more; `refused`: by the customer."""

    uniqueid: str
    direction: str
    queue: str | None = None
    agent: int | None = None
    interface: str | None = None
    refused: bool = False
