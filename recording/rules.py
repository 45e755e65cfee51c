"""Whether a call is recorded, decided by the rules of administrators: pure.

The first rule that fits decides; where none fits nothing is recorded. A rule with agents fits once
it is known who takes the call; until then it may come to be the one that decides, so what callers
are told and asked is that of the first rule that could decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

LONGEST_PAUSE = 600.0  # seconds
USUAL_PAUSE = 60.0


class Mode(StrEnum):
    ALWAYS = "always"
    ON_DEMAND = "on_demand"  # when the agent asks for it
    NEVER = "never"


class Consent(StrEnum):
    NONE = "none"  # nobody is told by us
    ANNOUNCE = "announce"  # callers are told
    OPT_OUT = "opt_out"  # callers are told, and who presses the key is not recorded


class PauseOn(StrEnum):
    HOLD = "hold"  # while the customer is on hold
    DIALPLAN = "dialplan"  # while the dialplan says so, as a menu for card numbers does


@dataclass(frozen=True, slots=True)
class Rule:
    """Empty `queues`, `directions` and `agents` fit all. `pause_seconds`: after which a pause ends
    by itself."""

    id: int
    name: str = ""
    queues: frozenset[str] = frozenset()
    directions: frozenset[str] = frozenset()
    agents: frozenset[int] = frozenset()
    mode: Mode = Mode.ALWAYS
    consent: Consent = Consent.NONE
    announcement: str | None = None
    opt_out_key: str | None = None
    pause_seconds: float = USUAL_PAUSE
    pause_on: frozenset[PauseOn] = frozenset()
    stereo: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a call. `refused`: the customer does not want to be recorded."""

    direction: str
    queue: str | None = None
    agent: int | None = None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """`why`: rule, no_rule, refused, not_asked."""

    mode: Mode
    why: str
    rule: Rule | None = None

    @property
    def records(self) -> bool:
        return self.mode is Mode.ALWAYS

    @property
    def on_demand(self) -> bool:
        """Whether an agent may start it."""
        return self.mode is not Mode.NEVER


def decide(rules: Sequence[Rule], facts: Facts) -> Verdict:
    """`rules` in their order."""
    rule = next((one for one in _fitting(rules, facts) if _is_for(one, facts.agent)), None)
    if rule is None:
        return Verdict(Mode.NEVER, "no_rule")
    if facts.refused and rule.mode is not Mode.NEVER:
        return Verdict(Mode.NEVER, "refused", rule)
    if rule.mode is Mode.ALWAYS and rule.consent is not Consent.NONE and not _can_ask(facts):
        return Verdict(Mode.ON_DEMAND, "not_asked", rule)
    return Verdict(rule.mode, "rule", rule)


def to_ask(rules: Sequence[Rule], facts: Facts) -> Rule | None:
    """The rule by which the caller is told, and perhaps asked, before anybody is rung."""
    if not _can_ask(facts):
        return None
    for rule in _fitting(rules, facts):
        if rule.mode is not Mode.NEVER and rule.consent is not Consent.NONE:
            return rule
        if not rule.agents:  # it decides for everybody who is not named before
            return None
    return None


def _fitting(rules: Sequence[Rule], facts: Facts) -> Iterator[Rule]:
    for rule in rules:
        in_queue = not rule.queues or facts.queue in rule.queues
        if in_queue and (not rule.directions or facts.direction in rule.directions):
            yield rule


def _is_for(rule: Rule, agent: int | None) -> bool:
    return not rule.agents or agent in rule.agents


def _can_ask(facts: Facts) -> bool:
    """We speak to callers before they are connected, in our own queues; to nobody we call."""
    return facts.direction == "inbound" and facts.queue is not None
