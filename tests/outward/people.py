"""Who sits at the telephones of the recorded traces, and whoever the tests need."""

from __future__ import annotations

from callcenter.outward.payloads import AgentRef

LOGINS = {f"PJSIP/{1000 + n}": AgentRef(n, f"Agent {n}", f"agent{n}") for n in range(1, 10)}


class Everybody:
    """1001 is agent 1, who signs in as agent1, and so on."""

    def at(self, _pbx: str, interface: str) -> AgentRef | None:
        return LOGINS.get(interface)

    def agent(self, id_: int) -> AgentRef | None:
        return next((one for one in LOGINS.values() if one.id == id_), None)


def as_digits(number: str | None, interface: str | None) -> str | None:
    """What dials out here begins with a 9; outside numbers lose their plus."""
    if number is not None and interface is None and number.startswith("9"):
        return "86" + number[1:].removeprefix("0")
    return number.removeprefix("+") if number else None
