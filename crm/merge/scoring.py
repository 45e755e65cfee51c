"""How sure one can be that two customers are the same, and why.

Pure. Each reason has a weight; together they are as sure as independent witnesses would be: two of
a half make three quarters. A number or a name alone never makes it certain: families share
telephones, and a hundred thousand people are called 张伟.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from crm.merge.names import core, place, plain, similarity

LIKELY = 0.5  # what the report shows
POSSIBLE = 0.3  # what is shown to somebody who is about to save
SIMILAR = 0.55  # trigrams shared by names that may be one


class Why(StrEnum):
    TAX_NUMBER = "same_tax_number"
    ACCOUNT = "same_account_number"
    NUMBER = "same_number"
    SWITCHBOARD = "same_switchboard"  # of a number that stands for many
    EMAIL = "same_email"
    NAME = "same_name"
    SIMILAR_NAME = "similar_name"


WEIGHT: Mapping[Why, float] = {
    Why.TAX_NUMBER: 0.95,
    Why.ACCOUNT: 0.95,
    Why.NUMBER: 0.6,
    Why.SWITCHBOARD: 0.3,
    Why.EMAIL: 0.6,
}
SAME_COMPANY, SAME_PERSON = 0.7, 0.35  # the same name, of a company and of a person
SIMILAR_COMPANY, SIMILAR_PERSON = 0.65, 0.3  # times the similarity


@dataclass(frozen=True, slots=True)
class Facts:
    """What is compared. `numbers`: E.164 → whether it is a switchboard's; `emails` folded."""

    name: str
    company: bool = False
    numbers: Mapping[str, bool] = field(default_factory=dict)
    emails: frozenset[str] = frozenset()
    account_number: str | None = None
    tax_number: str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """`value` is what is the same; of names the other's. `weight`: 0 to 1."""

    why: Why
    value: str
    weight: float


@dataclass(frozen=True, slots=True)
class Verdict:
    score: float  # 0 to 1
    reasons: tuple[Reason, ...]  # the weightiest first


def compare(one: Facts, other: Facts) -> Verdict:
    """Both ways round it comes out the same but for the values of names."""
    reasons = [*_keys(one, other), *_numbers(one, other), *_emails(one, other), *_names(one, other)]
    reasons.sort(key=lambda reason: (-reason.weight, reason.why.value, reason.value))
    return Verdict(_together(reasons), tuple(reasons))


def _together(reasons: Iterable[Reason]) -> float:
    """Each kind of reason counts once: ten shared numbers are one fact."""
    best: dict[Why, float] = {}
    for reason in reasons:
        best[reason.why] = max(best.get(reason.why, 0.0), reason.weight)
    doubt = 1.0
    for weight in best.values():
        doubt *= 1.0 - weight
    return round(1.0 - doubt, 4)


def _keys(one: Facts, other: Facts) -> Iterable[Reason]:
    pairs = (
        (Why.TAX_NUMBER, one.tax_number, other.tax_number),
        (Why.ACCOUNT, one.account_number, other.account_number),
    )
    for why, ours, theirs in pairs:
        if ours and theirs and _same_key(ours, theirs):
            yield Reason(why, theirs, WEIGHT[why])


def _same_key(ours: str, theirs: str) -> bool:
    """However it was written: without blanks, case and zeros before it."""
    return (plain(ours).lstrip("0") or "0") == (plain(theirs).lstrip("0") or "0")


def _numbers(one: Facts, other: Facts) -> Iterable[Reason]:
    for number in sorted(one.numbers.keys() & other.numbers.keys()):
        shared = one.numbers[number] or other.numbers[number]
        why = Why.SWITCHBOARD if shared else Why.NUMBER
        yield Reason(why, number, WEIGHT[why])


def _emails(one: Facts, other: Facts) -> Iterable[Reason]:
    for email in sorted(one.emails & other.emails):
        yield Reason(Why.EMAIL, email, WEIGHT[Why.EMAIL])


def _names(one: Facts, other: Facts) -> Iterable[Reason]:
    company = one.company or other.company
    ours, theirs = core(one.name), core(other.name)
    if plain(one.name) == plain(other.name) or (company and ours == theirs and _nearby(one, other)):
        yield Reason(Why.NAME, other.name, SAME_COMPANY if company else SAME_PERSON)
        return
    alike = similarity(plain(one.name), plain(other.name))
    if _nearby(one, other):
        alike = max(alike, similarity(ours, theirs))
    if alike >= SIMILAR:
        weight = alike * (SIMILAR_COMPANY if company else SIMILAR_PERSON)
        yield Reason(Why.SIMILAR_NAME, other.name, round(weight, 4))


def _nearby(one: Facts, other: Facts) -> bool:
    """北京云山 and 上海云山 are two companies; 云山 may be either."""
    here, there = place(one.name), place(other.name)
    return not here or not there or here == there
