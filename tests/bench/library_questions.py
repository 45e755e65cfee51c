"""What people ask of ten million recordings, and each as an expert of this very schema would write
it by hand, as one statement."""

# ruff: noqa: S608 - of words of our own
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import md5
from typing import Any

from sqlalchemy import select

from crm.customers.tables import Customer
from crm.search import matching
from crm.search.query import Asked, understand
from recording.library import Eye, Wanted, noted, of_calls, of_customers, of_number, one_in
from recording.quality.tables import QualityScore
from tests.bench.library_rows import AGENTS, CUSTOMERS, NOW, QUEUES

TEAM = 12  # agents of one
EVERYTHING = Eye(everything=True)
DAY = 86_400.0
_COLUMNS = """
SELECT r.id, r.interaction_id, r.started_at, r.seconds, r.status, r.problem, r.direction, r.number,
       r.queue, r.agent_id, a.name AS agent_name, r.customer_id, c.name AS customer_name,
       r.disposition, r.satisfaction,
       (SELECT count(*) FROM recording_comments k WHERE k.recording_id = r.id) AS comments
"""
_NAMES = """
LEFT JOIN agents a ON a.id = r.agent_id LEFT JOIN customers c ON c.id = r.customer_id
"""
_NEWEST = " ORDER BY r.started_at DESC, r.id DESC LIMIT 51"
_LONGEST = " ORDER BY r.seconds DESC, r.id DESC LIMIT 51"
_THEIRS = """AND EXISTS (SELECT FROM recording_agents s
    WHERE s.recording_id = r.id AND s.agent_id = ANY($1::int[]))"""
_SCORED = """AND r.id IN (SELECT q.recording_id FROM quality_scores q
    WHERE q.score BETWEEN {} AND {} AND q.submitted_at IS NOT NULL)"""


@dataclass(frozen=True, slots=True)
class Question:
    """The n-th of its kind: what ours is asked, and the same by hand with its values."""

    ours: Callable[[int], tuple[Wanted, Eye]]
    sql: str
    values: Callable[[int], tuple[Any, ...]] = lambda n: ()
    sort: Any = "-started"


def _all(condition: str, order: str = _NEWEST) -> str:
    return f"{_COLUMNS} FROM recordings r {_NAMES} WHERE r.status = 'ready' {condition} {order}"


def _mine(condition: str = "") -> str:
    return f"""{_COLUMNS}
FROM recording_agents s JOIN recordings r ON r.id = s.recording_id {_NAMES}
WHERE s.agent_id = $1 AND r.status = 'ready' {condition}
ORDER BY s.started_at DESC, s.recording_id DESC LIMIT 51"""


def _teams(condition: str = "", key: str = "started_at") -> str:
    """Each agent's own are walked, and put together."""
    return f"""{_COLUMNS} FROM (
    SELECT DISTINCT one.recording_id, one.{key}
    FROM unnest($1::int[]) t(id) CROSS JOIN LATERAL (
        SELECT s.recording_id, s.{key} FROM recording_agents s
        JOIN recordings r ON r.id = s.recording_id
        WHERE s.agent_id = t.id AND r.status = 'ready' {condition}
        ORDER BY s.{key} DESC, s.recording_id DESC LIMIT 51) one
    ORDER BY one.{key} DESC, one.recording_id DESC LIMIT 51) page
JOIN recordings r ON r.id = page.recording_id {_NAMES} ORDER BY r.{key} DESC, r.id DESC LIMIT 51"""


def _queue(n: int) -> str:
    return f"queue{n % (QUEUES - 1)}"


def _queues(n: int) -> list[str]:
    return [f"queue{(n + place * 5) % QUEUES}" for place in range(3)]


def _disposition(n: int) -> str:
    return f"disposition{n % 12}"


def _agent(n: int) -> int:
    return 1 + n % AGENTS


def _team(n: int) -> list[int]:
    return [1 + (n * 7 + place * 13) % AGENTS for place in range(TEAM)]


def _eye(n: int) -> Eye:
    return Eye(everything=False, agents=tuple(_team(n)))


def _customer(n: int) -> int:
    return 1 + n * 7919 % CUSTOMERS


def _digits(n: int) -> str:
    """As the rows have it."""
    return str(n * 7919 % CUSTOMERS).rjust(10, "3")


def _number(n: int) -> tuple[str, str]:
    """How it ends, and all of it."""
    return _digits(n)[-8:], f"+861{_digits(n)}"


def _numbered(n: int) -> Wanted:
    suffix, party = _number(n)
    return Wanted(others=[of_number(party, [suffix])])


def _month(n: int) -> tuple[float, float]:
    begin = NOW - (1 + n % 11) * 30 * DAY
    return begin, begin + 30 * DAY


def _day(n: int) -> tuple[float, float]:
    begin = NOW - (1 + n % 360) * DAY
    return begin, begin + DAY


def _moments(span: tuple[float, float]) -> tuple[datetime, datetime]:
    return datetime.fromtimestamp(span[0], UTC), datetime.fromtimestamp(span[1], UTC)


def _scored(low: float, high: float) -> Wanted:
    return Wanted(
        others=[
            one_in(
                select(QualityScore.recording_id).where(
                    QualityScore.score.between(low, high), QualityScore.submitted_at.is_not(None)
                )
            )
        ]
    )


def _calls(n: int) -> list[str]:
    """Of a ticket."""
    made = (f"c{1 + (n * 104_729 + place) % 100_000}" for place in range(3))
    return [md5(one.encode(), usedforsecurity=False).hexdigest() for one in made]


def _noted(words: str) -> Wanted:
    return Wanted(others=[noted("postgresql", words)])


def _box(n: int) -> Wanted:
    asked = understand(_box_words(n))
    assert isinstance(asked, Asked)
    named = select(Customer.id).where(matching.meant("postgresql", asked)).limit(200)
    return Wanted(either=[noted("postgresql", asked.text), of_customers(named)])


def _box_words(n: int) -> str:
    return f"客户{_customer(n)}"


_IN_MONTH = "AND r.started_at >= ${} AND r.started_at < ${}"

QUESTIONS: dict[str, Question] = {
    "newest": Question(lambda n: (Wanted(), EVERYTHING), _all("")),
    "agent": Question(
        lambda n: (Wanted(agent=_agent(n)), EVERYTHING), _mine(), lambda n: (_agent(n),)
    ),
    "team": Question(lambda n: (Wanted(), _eye(n)), _teams(), lambda n: (_team(n),)),
    "customer": Question(
        lambda n: (Wanted(customer=_customer(n)), EVERYTHING),
        _all("AND r.customer_id = $1"),
        lambda n: (_customer(n),),
    ),
    "number": Question(
        lambda n: (_numbered(n), EVERYTHING), _all("AND (r.suffix = $1 OR r.party = $2)"), _number
    ),
    "queue": Question(
        lambda n: (Wanted(queues=[_queue(n)]), EVERYTHING),
        _all("AND r.queue = $1"),
        lambda n: (_queue(n),),
    ),
    "queues": Question(
        lambda n: (Wanted(queues=_queues(n)), EVERYTHING),
        _all("AND r.queue = ANY($1::text[])"),
        lambda n: (_queues(n),),
    ),
    "queue_month": Question(
        lambda n: (
            Wanted(
                queues=[_queue(n)],
                directions=["inbound"],
                begin=_month(n)[0],
                end=_month(n)[1],
            ),
            EVERYTHING,
        ),
        _all(f"AND r.queue = $1 AND r.direction = 'inbound' {_IN_MONTH.format(2, 3)}"),
        lambda n: (_queue(n), *_moments(_month(n))),
    ),
    "direction": Question(
        lambda n: (Wanted(directions=["outbound"]), EVERYTHING),
        _all("AND r.direction = 'outbound'"),
    ),
    "disposition": Question(
        lambda n: (Wanted(dispositions=[_disposition(n)]), EVERYTHING),
        _all("AND r.disposition = $1"),
        lambda n: (_disposition(n),),
    ),
    "outcome": Question(
        lambda n: (Wanted(dispositions=[_disposition(n)], satisfaction=[1, 2]), EVERYTHING),
        _all("AND r.disposition = $1 AND r.satisfaction IN (1, 2)"),
        lambda n: (_disposition(n),),
    ),
    "satisfaction": Question(
        lambda n: (Wanted(satisfaction=[1 + n % 5]), EVERYTHING),
        _all("AND r.satisfaction = $1"),
        lambda n: (1 + n % 5,),
    ),
    "agent_outcome": Question(
        lambda n: (
            Wanted(agent=_agent(n), dispositions=[_disposition(n)], satisfaction=[1]),
            EVERYTHING,
        ),
        _mine("AND r.disposition = $2 AND r.satisfaction = 1"),
        lambda n: (_agent(n), _disposition(n)),
    ),
    # What never was: nothing fills the page before everything has been looked at.
    "never": Question(
        lambda n: (Wanted(directions=["inbound"], dispositions=["disposition11"]), EVERYTHING),
        _all("AND r.direction = 'inbound' AND r.disposition = 'disposition11'"),
    ),
    "gone": Question(
        lambda n: (
            Wanted(queues=[f"queue{QUEUES - 1}"], agent=AGENTS, begin=NOW - 60 * DAY, end=NOW),
            EVERYTHING,
        ),
        _mine(f"AND r.queue = $2 {_IN_MONTH.format(3, 4)}"),
        lambda n: (AGENTS, f"queue{QUEUES - 1}", *_moments((NOW - 60 * DAY, NOW))),
    ),
    "unmatched": Question(
        lambda n: (Wanted(unmatched=True), EVERYTHING), _all("AND r.interaction_id IS NULL")
    ),
    "long": Question(
        lambda n: (Wanted(shortest=3_600.0 + n % 60), EVERYTHING),
        _all("AND r.seconds >= $1"),
        lambda n: (3_600.0 + n % 60,),
    ),
    "long_queue": Question(
        lambda n: (Wanted(shortest=3_600.0 + n % 60, queues=[_queue(n)]), EVERYTHING),
        _all("AND r.seconds >= $1 AND r.queue = $2"),
        lambda n: (3_600.0 + n % 60, _queue(n)),
    ),
    "longest": Question(
        lambda n: (Wanted(queues=[_queue(n)]), EVERYTHING),
        _all("AND r.queue = $1", _LONGEST),
        lambda n: (_queue(n),),
        "-seconds",
    ),
    "longest_day": Question(
        lambda n: (Wanted(begin=_day(n)[0], end=_day(n)[1]), EVERYTHING),
        _all(_IN_MONTH.format(1, 2), _LONGEST),
        lambda n: _moments(_day(n)),
        "-seconds",
    ),
    "ticket": Question(
        lambda n: (Wanted(others=[of_calls(_calls(n))]), EVERYTHING),
        _all("AND r.interaction_id = ANY($1::text[])"),
        lambda n: (_calls(n),),
    ),
    "score": Question(lambda n: (_scored(0, 100), EVERYTHING), _all(_SCORED.format(0, 100))),
    "score_low": Question(lambda n: (_scored(3, 3.1), EVERYTHING), _all(_SCORED.format(3, 3.1))),
    "note_rare": Question(
        lambda n: (_noted("漏发配件"), EVERYTHING), _all("AND r.notes ILIKE '%漏发配件%'")
    ),
    "note_common": Question(
        lambda n: (_noted("发票开具"), EVERYTHING), _all("AND r.notes ILIKE '%发票开具%'")
    ),
    "note_pair": Question(
        lambda n: (_noted("补寄"), EVERYTHING),
        _all(
            "AND r.notes IS NOT NULL AND search_grams(r.notes) @> ARRAY['补寄'] "
            "AND strpos(lower(r.notes), '补寄') > 0"
        ),
    ),
    "note_letter": Question(
        lambda n: (_noted("票"), EVERYTHING),
        _all("AND r.notes IS NOT NULL AND strpos(lower(r.notes), '票') > 0"),
    ),
    "note_queue": Question(
        lambda n: (
            Wanted(queues=[_queue(n)], others=[noted("postgresql", "漏发配件")]),
            EVERYTHING,
        ),
        _all("AND r.notes ILIKE '%漏发配件%' AND r.queue = $1"),
        lambda n: (_queue(n),),
    ),
    "box": Question(
        lambda n: (_box(n), EVERYTHING),
        _all(
            "AND r.id IN (SELECT x.id FROM recordings x WHERE x.status = 'ready' "
            "AND x.notes ILIKE '%' || $1::text || '%' UNION SELECT x.id FROM recordings x "
            "WHERE x.status = 'ready' AND x.customer_id IN (SELECT k.id FROM customers k "
            "WHERE k.name ILIKE '%' || $1::text || '%' LIMIT 200))"
        ),
        lambda n: (_box_words(n),),
    ),
    "team_month": Question(
        lambda n: (
            Wanted(queues=[_queue(n)], begin=_month(n)[0], end=_month(n)[1]),
            _eye(n),
        ),
        _all(f"AND r.queue = $2 {_IN_MONTH.format(3, 4)} {_THEIRS}"),
        lambda n: (_team(n), _queue(n), *_moments(_month(n))),
    ),
    "team_outcome": Question(
        lambda n: (Wanted(dispositions=[_disposition(n)], satisfaction=[1]), _eye(n)),
        _all(f"AND r.disposition = $2 AND r.satisfaction = 1 {_THEIRS}"),
        lambda n: (_team(n), _disposition(n)),
    ),
    "team_longest": Question(
        lambda n: (Wanted(), _eye(n)), _teams("", "seconds"), lambda n: (_team(n),), "-seconds"
    ),
    "team_long": Question(
        lambda n: (Wanted(shortest=3_600.0 + n % 60), _eye(n)),
        _teams("AND s.seconds >= $2"),
        lambda n: (_team(n), 3_600.0 + n % 60),
    ),
    "team_number": Question(
        lambda n: (_numbered(n), _eye(n)),
        _all(f"AND (r.suffix = $2 OR r.party = $3) {_THEIRS}"),
        lambda n: (_team(n), *_number(n)),
    ),
    "team_customer": Question(
        lambda n: (Wanted(customer=_customer(n)), _eye(n)),
        _all(f"AND r.customer_id = $2 {_THEIRS}"),
        lambda n: (_team(n), _customer(n)),
    ),
    "team_note": Question(
        lambda n: (_noted("漏发配件"), _eye(n)),
        _all(f"AND r.notes ILIKE '%漏发配件%' {_THEIRS}"),
        lambda n: (_team(n),),
    ),
    "team_score": Question(
        lambda n: (_scored(3, 3.1), _eye(n)),
        _all(f"{_SCORED.format(3, 3.1)} {_THEIRS}"),
        lambda n: (_team(n),),
    ),
}
