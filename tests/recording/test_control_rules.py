"""Which rule decides whether a call is recorded, and what callers are told before."""

from __future__ import annotations

from recording.rules import Consent, Facts, Mode, Rule, decide, to_ask

EVERYTHING = Rule(9)
CARDS = Rule(1, queues=frozenset({"payments"}), mode=Mode.NEVER)
ASKS = Rule(
    2,
    queues=frozenset({"support"}),
    consent=Consent.OPT_OUT,
    announcement="may-record",
    opt_out_key="9",
)
LEARNER = Rule(3, agents=frozenset({7}))


def inbound(queue: str | None = None, agent: int | None = None, *, refused: bool = False) -> Facts:
    return Facts("inbound", queue, agent, refused)


def test_the_first_rule_that_fits_decides() -> None:
    assert decide([CARDS, EVERYTHING], inbound("payments")).mode is Mode.NEVER
    assert decide([EVERYTHING, CARDS], inbound("payments")).records
    assert decide([CARDS, EVERYTHING], inbound("sales")).rule is EVERYTHING


def test_without_a_rule_nothing_is_recorded() -> None:
    verdict = decide([CARDS], Facts("outbound"))
    assert (verdict.mode, verdict.why, verdict.on_demand) == (Mode.NEVER, "no_rule", False)


def test_a_rule_for_agents_decides_when_one_of_them_takes_the_call() -> None:
    rules = [LEARNER, Rule(4, mode=Mode.ON_DEMAND)]
    assert decide(rules, inbound("sales", 7)).records
    assert decide(rules, inbound("sales", 8)).mode is Mode.ON_DEMAND
    assert decide(rules, inbound("sales")).mode is Mode.ON_DEMAND


def test_by_direction() -> None:
    out = Rule(5, directions=frozenset({"outbound"}))
    assert decide([out], Facts("outbound")).records
    assert not decide([out], inbound("sales")).records


def test_who_refuses_is_not_recorded_by_any_hand() -> None:
    verdict = decide([ASKS], inbound("support", refused=True))
    assert (verdict.mode, verdict.why, verdict.on_demand) == (Mode.NEVER, "refused", False)


def test_who_could_not_be_asked_is_recorded_only_by_hand() -> None:
    anywhere = Rule(6, consent=Consent.OPT_OUT, announcement="may-record", opt_out_key="9")
    verdict = decide([anywhere], Facts("outbound", agent=7))
    assert (verdict.mode, verdict.why, verdict.on_demand) == (Mode.ON_DEMAND, "not_asked", True)


def test_callers_are_asked_by_the_first_rule_that_could_decide() -> None:
    asks_for_learner = Rule(3, agents=frozenset({7}), consent=Consent.ANNOUNCE, announcement="a")
    assert to_ask([asks_for_learner, EVERYTHING], inbound("sales")) is asks_for_learner
    assert to_ask([LEARNER, ASKS], inbound("support")) is ASKS
    assert to_ask([EVERYTHING, ASKS], inbound("support")) is None
    assert to_ask([CARDS, ASKS], inbound("payments")) is None
    assert to_ask([ASKS], Facts("outbound")) is None
