"""Measures what the product promises, each as a ratio to a named alternative in the same run.

`make bench` prints the table and writes build/bench.json. Name parts to run only these:
`python -m tests.bench parsing`.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

PARTS = (
    *("parsing", "decisions", "consoles", "pops", "end_to_end", "dead_time"),
    *("crm", "search", "imports", "report", "library", "recordings", "board"),
)
TARGETS = {
    "parse.rate_vs_panoramisk": (">=", 6.0, "reading AMI, times panoramisk"),
    "pipeline.cpu_vs_panoramisk_parse": ("<=", 0.4, "read + follow + publish, of its reading"),
    "decision.p99_ms": ("<=", 1.0, "who gets whom, 1,000 agents x 10,000 waiting, ms"),
    "decision.quiet_p99_ms": ("<=", 1.0, "the same with nobody waiting and all agents free"),
    "decision.naive_vs_ours": (">=", 50.0, "its CPU, times less than looking at everything"),
    "pop.p99_vs_floor": ("<=", 4.0, "ring to screen, times lookup + send alone"),
    "console.kib_each": ("<=", 20.0, "memory of a connected console, KiB"),
    **{
        f"{group}.{name}": (sign, bound, f"board to {whom}: {what}")
        for group, whom in (
            ("board_consoles", "10,000 consoles"),
            ("board_supervisors", "1,000 supervisors"),
        )
        for name, sign, bound, what in (
            ("last_vs_raw", "<=", 1.3, "to the last, times bytes to raw sockets"),
            ("pop_p99_vs_quiet", "<=", 2.0, "pops meanwhile, times those in quiet"),
        )
    },
    "end_to_end.calls_vs_plain": (">=", 8.0, "calls a second, times the plain stack"),
    "end_to_end.cpu_vs_plain": ("<=", 1 / 6, "CPU of a call, of the plain stack's"),
    "crm_lookup.p50_vs_asyncpg": ("<=", 2.0, "who is calling, times the same by hand"),
    "crm_lookup.p99_vs_asyncpg": ("<=", 2.0, "the same, the slowest of a hundred"),
    "crm_timeline.p50_vs_asyncpg": ("<=", 2.0, "a page of the timeline, times the same by hand"),
    "crm_timeline.p99_vs_asyncpg": ("<=", 2.0, "the same, the slowest of a hundred"),
    "crm_tickets.p50_vs_asyncpg": ("<=", 2.0, "tickets with filter and counts, times by hand"),
    "crm_tickets.p99_vs_asyncpg": ("<=", 2.0, "the same, the slowest of a hundred"),
    **{
        f"search_{name}.{of}_vs_asyncpg": ("<=", 2.0, f"search: {name}, {of}, times by hand")
        for name in ("two_letters", "part", "common", "reading", "number")
        for of in ("p50", "p99")
    },
    "search_box.p99_ms": ("<=", 100.0, "everything the box asks, ms"),
    "search_box.worst_ms": ("<=", 100.0, "the slowest text of all, usually, ms"),
    **{
        f"library_{name}.{of}_vs_asyncpg": ("<=", 2.0, f"recordings: {name}, {of}, times by hand")
        for name in (
            *("newest", "agent", "team", "customer", "number", "queue", "queues", "queue_month"),
            *("direction", "disposition", "outcome", "satisfaction", "agent_outcome", "never"),
            *("gone", "unmatched", "long", "long_queue", "longest", "longest_day", "ticket"),
            *("score", "score_low", "note_rare", "note_common", "note_pair", "note_letter"),
            *("note_queue", "box", "team_month", "team_outcome", "team_longest", "team_long"),
            *("team_number", "team_customer", "team_note", "team_score"),
        )
        for of in ("p50", "p99")
    },
    "library.worst_ms": ("<=", 1000.0, "recordings: the slowest search of all, usually, ms"),
    "recordings.rate_vs_asyncpg": (">=", 0.8, "recordings indexed a second, times executemany"),
    "import.seconds": ("<=", 60.0, "100,000 customers from a file, s"),
    "import.times_copy": ("<=", 6.0, "times a plain COPY of the same rows"),
    "report_month.p99_ms": ("<=", 1000.0, "a month by queue and day, the slowest of a hundred"),
    "report_month.p50_vs_asyncpg": ("<=", 4.0, "the whole report, times its sums by hand"),
    "report_month.quarters_vs_ours": (">=", 1.3, "sums of quarter hours by hand, times ours"),
    "dead_time.vs_app_queue": ("<=", 1.0, "goodbye to next ring, times the PBX's app_queue"),
}
OUT = Path("build/bench.json")


def main(names: list[str]) -> int:
    """Run the parts asked for; keep the figures of the others from an earlier run."""
    unknown = set(names) - set(PARTS)
    if unknown:
        sys.exit(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    figures = json.loads(OUT.read_text("utf-8")) if names and OUT.exists() else {}
    for name in names or PARTS:
        _say(f"measuring {name} ...")
        figures |= importlib.import_module(f"tests.bench.{name}").measure()
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n", "utf-8")
    return _table(figures)


def _table(figures: dict[str, dict[str, float]]) -> int:
    """Every figure, and whether it keeps its promise; 1 when one does not."""
    missed = 0
    for group, values in sorted(figures.items()):
        for name, value in values.items():
            key = f"{group}.{name}"
            sign, bound, what = TARGETS.get(key, ("", 0.0, ""))
            kept = value >= bound if sign == ">=" else value <= bound if sign else True
            missed += not kept
            promise = f"{sign} {bound:.3g} {'ok' if kept else 'MISSED'}  {what}" if sign else ""
            _say(f"{key:36} {value:>12,.3f}  {promise}")
    return 1 if missed else 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
