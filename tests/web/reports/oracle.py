"""Every figure of every report from the raw rows: slow, by loops over plain dictionaries.

It shares no code with the product. The definitions are those that the page shows, written a second
time; fractions are exact until the last step.
"""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from math import floor
from typing import Any

from sqlalchemy import text

from callcenter.store.database import Database

Row = dict[str, Any]
TABLES = (
    *("interactions", "legs", "segments", "offers", "transfers", "satisfaction", "callbacks"),
    *("callback_attempts", "interaction_dispositions", "agent_state_log", "report_phones"),
    *("quality_scores", "agents", "team_members"),
)
WEEK = 7 * 86_400
QUARTER = 900 * 1_000_000  # microseconds
HANDED_ON = {"blind", "attended", "blonde"}
SEEN = {"submitted", "acknowledged", "disputed", "decided"}


async def load(database: Database) -> dict[str, list[Row]]:
    """All rows of all tables that matter, moments as whole microseconds."""
    found = {}
    async with database.engine.connect() as connection:
        for table in TABLES:
            rows = await connection.execute(text(f"SELECT * FROM {table}"))  # noqa: S608
            found[table] = [plain(dict(row._mapping)) for row in rows]
    return found


MOMENTS = {
    *("at", "started_at", "ended_at", "created_at", "since", "until", "recorded_at"),
    *("responded_at", "resolved_at", "respond_due", "resolve_due"),
}


def plain(row: Row) -> Row:
    for name, value in row.items():
        if name == "reasons" and isinstance(value, str):
            row[name] = json.loads(value)
        elif isinstance(value, datetime):
            whole = value.replace(microsecond=0)
            row[name] = int(whole.timestamp()) * 1_000_000 + value.microsecond
        elif name in MOMENTS and isinstance(value, float):
            row[name] = round(value * 1_000_000)
    return row


def micros(seconds: float | None) -> int:
    return 0 if seconds is None else floor(max(seconds, 0.0) * 1_000_000 + 0.5)


class Oracle:
    """Makes the facts once; figures are asked of it for any span, in microseconds."""

    def __init__(self, rows: dict[str, list[Row]], until: float) -> None:
        self.rows = rows
        self.until = round(until * 1_000_000)
        self.calls = {row["id"]: row for row in rows["interactions"]}
        self.entries = {row["id"]: row for row in rows["segments"] if row["kind"] == "queue"}
        self.of_call: dict[str, list[Row]] = defaultdict(list)
        for row in rows["segments"]:
            self.of_call[row["interaction_id"]].append(row)
        self.log: dict[int, list[Row]] = defaultdict(list)
        for row in sorted(rows["agent_state_log"], key=lambda one: (one["at"], one["id"])):
            self.log[row["agent_id"]].append(row)
        self.contacts = self._contacts()
        self.team: dict[int, list[int]] = {}
        for agent in rows["agents"]:
            self.team[agent["id"]] = [
                row["team_id"] for row in rows["team_members"] if row["user_id"] == agent["user_id"]
            ]

    # --- facts ------------------------------------------------------------------------------

    def owner(self, interface: str | None, at: int | None) -> int | None:
        if at is None:
            return None
        for phone in self.rows["report_phones"]:
            if phone["interface"] != interface or phone["since"] > at:
                continue
            if phone["until"] is None or phone["until"] > at:
                return int(phone["agent_id"])
        return None

    def _contacts(self) -> list[Row]:
        found: dict[tuple[str, int, str], Row] = {}
        for call, segments in self.of_call.items():
            for talk in segments:
                if talk["kind"] != "talk" or talk["started_at"] is None:
                    continue
                one = self.owner(talk["interface"], talk["started_at"])
                two = self.owner(talk["other_interface"], talk["started_at"])
                internal = one is not None and two is not None
                ends = [(one, talk["leg_id"]), (two, talk["other_leg_id"])]
                ends = [(agent, leg) for agent, leg in ends if agent is not None]
                if not ends and talk["entry_id"]:
                    ends = [(0, talk["other_leg_id"])]
                for agent, leg in ends:
                    assert agent is not None
                    entry = talk["entry_id"] or ""
                    contact = found.setdefault(
                        (call, agent, entry),
                        {"call": call, "agent": agent, "entry": entry, "began": talk["started_at"],
                         "external": False, "handled": 0, "talk": 0, "hold": 0, "wrap_up": 0,
                         "consults": 0, "consult_talk": 0, "transfers_out": 0},
                    )  # fmt: skip
                    contact["began"] = min(contact["began"], talk["started_at"])
                    self._converse(contact, talk, leg, internal=internal)
        contacts = list(found.values())
        self._by_agent: dict[tuple[str, int], list[Row]] = defaultdict(list)
        self._in_call: dict[str, list[Row]] = defaultdict(list)
        for contact in contacts:
            self._in_call[contact["call"]].append(contact)
            if contact["external"]:
                self._by_agent[contact["call"], contact["agent"]].append(contact)
        self._wrap_ups()
        self._moves()
        for contact in contacts:
            self._finish(contact)
        return contacts

    def _converse(self, contact: Row, talk: Row, leg: str | None, *, internal: bool) -> None:
        contact["external"] |= not internal
        if talk["seconds"] is None:
            return
        length = micros(talk["seconds"])
        if internal:
            contact["consults"] += 1
            contact["consult_talk"] += length
            return
        held = 0
        for hold in self.of_call[contact["call"]]:
            whole = hold["started_at"] is not None and hold["ended_at"] is not None
            if hold["kind"] == "hold" and leg is not None and hold["leg_id"] == leg and whole:
                begin = max(hold["started_at"], talk["started_at"])
                held += max(0, min(hold["ended_at"], talk["ended_at"]) - begin)
        held = min(held, length)
        contact["handled"] = 1
        contact["talk"] += length - held
        contact["hold"] += held

    def _latest(self, call: str, agent: int, at: int) -> Row | None:
        known = [one for one in self._by_agent[call, agent] if one["began"] <= at]
        return max(known, key=lambda one: (one["began"], one["entry"]), default=None)

    def _wrap_ups(self) -> None:
        for agent, log in self.log.items():
            for entry, after in itertools.pairwise(log):
                call = self.calls.get(entry["interaction_id"] or "")
                if entry["state"] != "wrap_up" or call is None:
                    continue
                contact = self._latest(call["merged_into"] or call["id"], agent, entry["at"])
                if contact is not None:
                    contact["wrap_up"] += after["at"] - entry["at"]

    def _moves(self) -> None:
        legs = {(leg["interaction_id"], leg["channel"]): leg for leg in self.rows["legs"]}
        for move in self.rows["transfers"]:
            leg = legs.get((move["interaction_id"], move["by"]))
            if leg is None or move["result"] != "answered" or move["kind"] not in HANDED_ON:
                continue
            agent = self.owner(leg["interface"], move["at"])
            if agent is None:
                continue
            spoke = self._spoke(leg, move["at"])
            contact = self._latest(move["interaction_id"], agent, spoke or move["at"])
            if contact is not None:
                contact["transfers_out"] += 1

    def _spoke(self, leg: Row, until: int) -> int | None:
        """When the last conversation of this telephone began."""
        began = [
            talk["started_at"]
            for talk in self.of_call[leg["interaction_id"]]
            if talk["kind"] == "talk" and leg["id"] in {talk["leg_id"], talk["other_leg_id"]}
        ]
        known = [moment for moment in began if moment is not None and moment <= until]
        return max(known, default=None)

    def _finish(self, contact: Row) -> None:
        call = self.calls[contact["call"]]
        entry = self.entries.get(contact["entry"])
        contact["at"] = entry["started_at"] if entry else contact["began"]
        contact["queue"] = entry["queue"] if entry else None
        contact["direction"] = call["direction"]
        contact["transfers_in"] = int(
            contact["external"]
            and any(
                other["external"] and other["agent"] not in {0, contact["agent"]}
                and other["began"] < contact["began"]
                for other in self._in_call[contact["call"]]
            )
        )  # fmt: skip
        contact["fcr"] = self._resolved(call) if contact["handled"] else None
        contact["disposition"] = None
        mine = self._by_agent[contact["call"], contact["agent"]]
        last = max(mine, key=lambda one: (one["began"], one["entry"]), default=None)
        if last is contact:
            for said in self.rows["interaction_dispositions"]:
                whose = (said["interaction_id"], said["agent_id"])
                if whose == (contact["call"], contact["agent"]):
                    contact["disposition"] = said["disposition"]

    def _resolved(self, call: Row) -> int | None:
        number = call["caller_e164"]
        if call["direction"] != "inbound" or number is None or call["started_at"] is None:
            return None
        if not hasattr(self, "_by_number"):
            self._by_number: dict[str, list[Row]] = defaultdict(list)
            for one in self.calls.values():
                if one["direction"] == "inbound" and one["merged_into"] is None:
                    self._by_number[one["caller_e164"]].append(one)
        for other in self._by_number[number]:
            later = other["started_at"] - call["started_at"]
            if 0 < later <= WEEK * 1_000_000:
                return 0
        return 1

    # --- sums -------------------------------------------------------------------------------

    def queues(self, begin: int, end: int) -> dict[Any, Row]:
        found: dict[Any, Row] = defaultdict(lambda: defaultdict(int))
        for entry in self.entries.values():
            if begin <= entry["started_at"] < end:
                self._entry(found[entry["queue"]], entry)
        answered: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for contact in self.contacts:
            if contact["queue"] is not None and begin <= contact["at"] < end:
                row = found[contact["queue"]]
                answered[contact["queue"], contact["entry"]].append(contact)
                for name in ("talk", "hold", "wrap_up", "transfers_out"):
                    row[name] += contact[name]
        for (queue, _), contacts in answered.items():
            found[queue]["handled"] += any(one["handled"] for one in contacts)
            found[queue]["fcr_known"] += any(one["fcr"] is not None for one in contacts)
            found[queue]["fcr_resolved"] += any(one["fcr"] == 1 for one in contacts)
        for offer in self._offers(begin, end):
            if offer["queue"] is not None:
                self._offer(found[offer["queue"]], offer)
        for back in self.rows["callbacks"]:
            if begin <= back["created_at"] < end:
                row = found[back["queue"]]
                row["callbacks"] += 1
                row["callbacks_reached"] += back["state"] == "done"
                row["callbacks_failed"] += back["state"] == "failed"
                row["callbacks_cancelled"] += back["state"] == "cancelled"
        for said in self.rows["satisfaction"]:
            if begin <= said["at"] < end and said["queue"] is not None:
                _score(found[said["queue"]], said)
        return found

    def _entry(self, row: Row, entry: Row) -> None:
        exit_, waited = entry["exit"], entry["seconds"]
        threshold = 20.0 if entry["threshold"] is None else entry["threshold"]
        short = 5.0 if entry["short_threshold"] is None else entry["short_threshold"]
        row["offered"] += 1
        row["entries_transferred"] += any(
            one["kind"] == "talk" and one["started_at"] is not None
            and one["started_at"] < entry["started_at"]
            for one in self.of_call[entry["interaction_id"]]
        )  # fmt: skip
        if exit_ is None:
            return
        row[exit_] += 1
        if exit_ == "answered":
            row["wait_answered"] += micros(waited)
            row["in_time"] += waited <= threshold
        if exit_ == "abandoned":
            row["wait_abandoned"] += micros(waited)
            row["short_abandons"] += waited <= short
            row["abandoned_in_time"] += short < waited <= threshold
        if exit_ != "lost":
            row["longest_wait"] = max(row["longest_wait"], micros(waited))

    def _offers(self, begin: int, end: int) -> Iterable[Row]:
        for offer in self.rows["offers"]:
            entry = self.entries.get(offer["entry_id"] or "")
            at = entry["started_at"] if entry else offer["started_at"]
            if begin <= at < end:
                yield offer

    def _offer(self, row: Row, offer: Row) -> None:
        row["offers"] += 1
        row["offers_answered"] += offer["result"] == "answered"
        row["rona"] += offer["result"] == "timed_out"
        row["offers_rejected"] += offer["result"] in {"rejected", "busy"}
        row["offers_failed"] += offer["result"] == "failed"
        row["ring"] += micros(offer["rang"])

    def agents(self, begin: int, end: int) -> dict[Any, Row]:
        found: dict[Any, Row] = defaultdict(lambda: defaultdict(int))
        for contact in self.contacts:
            if contact["agent"] and begin <= contact["at"] < end:
                row = found[contact["agent"]]
                self._handled(row, contact)
                row["handled_inbound"] += contact["handled"] * (contact["direction"] == "inbound")
                row["handled_outbound"] += contact["handled"] * (contact["direction"] == "outbound")
                for name in ("transfers_in", "consults", "consult_talk"):
                    row[name] += contact[name]
        for offer in self._offers(begin, end):
            agent = self.owner(offer["interface"], offer["started_at"])
            if agent is not None:
                self._offer(found[agent], offer)
        for said in self.rows["satisfaction"]:
            if begin <= said["at"] < end and said["agent_id"] is not None:
                _score(found[said["agent_id"]], said)
        for attempt in self.rows["callback_attempts"]:
            if begin <= attempt["at"] < end and attempt["agent_id"] is not None:
                found[attempt["agent_id"]]["callback_attempts"] += 1
                found[attempt["agent_id"]]["callbacks_spoken"] += attempt["result"] == "answered"
        for score in self.rows["quality_scores"]:
            if begin <= score["recorded_at"] < end and score["state"] in SEEN:
                row = found[score["agent_id"]]
                row["recordings_scored"] += 1
                row["quality_known"] += score["score"] is not None
                row["quality_sum"] += micros(score["score"])
        for (agent, state, _), length in self.states(begin, end).items():
            found[agent][f"state_{state}"] += length
        return found

    def _handled(self, row: Row, contact: Row) -> None:
        for name in ("handled", "talk", "hold", "wrap_up", "transfers_out"):
            row[name] += contact[name]
        row["fcr_known"] += contact["fcr"] is not None
        row["fcr_resolved"] += contact["fcr"] == 1

    def states(self, begin: int, end: int) -> dict[tuple[int, str, tuple[str, ...]], int]:
        found: dict[tuple[int, str, tuple[str, ...]], int] = defaultdict(int)
        for agent, log in self.log.items():
            for number, entry in enumerate(log):
                over = log[number + 1]["at"] if number + 1 < len(log) else self.until
                length = min(over, end) - max(entry["at"], begin)
                if length > 0 and entry["state"] != "offline":
                    why = tuple(entry["reasons"]) if entry["state"] == "not_ready" else ()
                    found[agent, entry["state"], why] += length
        return found

    def dispositions(self, begin: int, end: int) -> dict[Any, Row]:
        """By (agent, disposition)."""
        found: dict[Any, Row] = defaultdict(lambda: defaultdict(int))
        for contact in self.contacts:
            if contact["disposition"] is not None and begin <= contact["at"] < end:
                self._handled(found[contact["agent"], contact["disposition"]], contact)
        words = defaultdict(list)
        for said in self.rows["interaction_dispositions"]:
            words[said["interaction_id"], said["agent_id"]].append(said["disposition"])
        for said in self.rows["satisfaction"]:
            if begin <= said["at"] < end:
                for word in words[said["interaction_id"], said["agent_id"]]:
                    _score(found[said["agent_id"], word], said)
        return found


def _score(row: Row, said: Row) -> None:
    row["scores"] += 1
    row["score_sum"] += said["score"]


def together(rows: Iterable[Row]) -> Row:
    whole: Row = defaultdict(int)
    for row in rows:
        for name, value in row.items():
            whole[name] = max(whole[name], value) if name == "longest_wait" else whole[name] + value
    return whole


def regrouped(found: dict[Any, Row], key: Callable[[Any], list[Any]]) -> dict[Any, Row]:
    """By another key; one that has several counts in each."""
    parts: dict[Any, list[Row]] = defaultdict(list)
    for old, row in found.items():
        for new in key(old):
            parts[new].append(row)
    return {new: together(rows) for new, rows in parts.items()}
