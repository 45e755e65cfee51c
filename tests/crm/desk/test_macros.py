"""What a macro may hold; it is looked at when it is saved, not when it is needed."""

from __future__ import annotations

import msgspec
import pytest

from callcenter.errors import InvalidInput
from crm.tickets.desk import macros as m

GOOD: list[m.Step] = [
    m.AssignStep("me"),
    m.PriorityStep("high"),
    m.TagsStep(["发票", " 发票 "], ["old"]),
    m.ReplyStep("您好，{{customer.name}}"),
    m.ResolveStep("已重新开具 {{ticket.number}}"),
]


def test_a_macro_reads_as_it_was_written() -> None:
    checked = m.checked(GOOD)
    assert m.read(m.written(checked)) == checked
    assert checked[2] == m.TagsStep(["发票"], ["old"])


def test_what_it_does_says_what_it_needs() -> None:
    needed = {"ticket.write", "ticket.assign", "ticket.resolve"}
    assert m.rights(GOOD) == needed
    assert m.rights([m.NoteStep("x")]) == {"ticket.write"}


@pytest.mark.parametrize(
    ("steps", "field"),
    [
        ([], "steps"),
        ([m.NoteStep("x")] * (m.MOST + 1), "steps"),
        ([m.StartStep(), m.ResolveStep()], "steps[1]"),
        ([m.NoteStep("x"), m.ReplyStep("{{customer.secret}}")], "steps[1].text"),
        ([m.ReplyStep("   ")], "steps[0].text"),
        ([m.ResolveStep("{{x")], "steps[0].solution"),
        ([m.TagsStep([], [])], "steps[0]"),
        ([m.TagsStep(["a\nb"], [])], "steps[0].add"),
        ([m.PendStep("  ")], "steps[0].reason"),
    ],
)
def test_what_could_never_be_applied_is_refused_at_its_step(
    steps: list[m.Step], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        m.checked(steps)
    assert refused.value.field == field


@pytest.mark.parametrize(
    "sent",
    [
        {"do": "shout"},
        {"do": "assign", "to": "everybody"},
        {"do": "priority", "priority": "huge"},
        {"do": "pend", "reason": "x", "days": 0},
        {"do": "start", "more": 1},
    ],
)
def test_what_is_no_step_is_refused_by_its_type(sent: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        m.read([sent])
