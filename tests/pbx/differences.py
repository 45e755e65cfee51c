"""Where our figures and those of queue_log may differ: each definition by its name, and how much it
makes of which figure, computed from the log and from what was seen at the telephones alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from tests.pbx.busy_hour import NOBODY, Ring, Seen
from tests.pbx.queue_log import MICROS, Counted, Line, Stay

TOGETHER = {"sales", "empty"}  # queues that ring all their members
#: The names under which docs/figures.md tells them.
DEFINITIONS = (
    *("whole seconds", "refused", "answered elsewhere", "hold", "came to nothing"),
    *("not through a queue", "consult", "picked up"),
)
#: A reading of whole seconds is off by less than one; the rest is what a busy PBX takes meanwhile.
READING = 1.15 * MICROS
#: For how much longer a telephone says something than the PBX knows it.
TELEPHONE = 0.7 * MICROS
NEAR = 1.5  # seconds between what a telephone saw and the middle of the second the log names


@dataclass(frozen=True, slots=True)
class Part:
    """A definition makes our figure larger than the log's by `low` to `high`."""

    definition: str
    key: str | int
    figure: str
    low: float
    high: float


def exact(definition: str, figure: str, amount: float, *keys: str | int) -> Iterator[Part]:
    for key in keys:
        yield Part(definition, key, figure, amount, amount)


def about(
    definition: str, figure: str, amount: float, give: float, *keys: str | int
) -> Iterator[Part]:
    for key in keys:
        yield Part(definition, key, figure, amount - give, amount + give)


class Explained:
    """All parts, by what they belong to."""

    def __init__(self, found: list[Stay], counted: Counted, seen: Seen) -> None:
        self.found, self.counted, self.seen = found, counted, seen
        self._of: dict[str, list[Stay]] = defaultdict(list)
        self._taken: set[int] = set()
        for stay in found:
            self._of[stay.caller].append(stay)
        self.parts = [
            *self._whole_seconds(),
            *(part for ring in seen.rings for part in self._ring(ring)),
            *self._came_to_nothing(),
            *(part for ring in seen.picked_up for part in self._picked_up(ring)),
        ]

    def _stay(self, ring: Ring) -> Stay | None:
        """The stay in a queue that has a line of this ring; each line is of one ring."""
        for stay in self._of[ring.caller]:
            for line in stay.rings:
                moment = ring.answered if line.event == "CONNECT" else ring.over
                near = moment is not None and abs(line.at + 0.5 - moment) < NEAR
                if near and line.agent == ring.agent and id(line) not in self._taken:
                    self._taken.add(id(line))
                    return stay
        return None

    def _elsewhere(self, ring: Ring) -> Stay | None:
        """The stay that somebody else answered while this telephone rang; it may have answered or
        refused in the same moment."""
        for stay in self._of[ring.caller]:
            if stay.exit is None or stay.agent in {None, ring.agent} or stay.queue not in TOGETHER:
                continue
            if abs(stay.exit.at + 0.5 - ring.over) < NEAR:
                return stay
        return None

    # --- what the log itself cannot say more exactly --------------------------------------------

    def _whole_seconds(self) -> Iterator[Part]:
        name = "whole seconds"
        for of in (self.counted.queues, self.counted.agents):
            for key, row in of.items():
                yield from about(name, "talk", 0, READING * row["handled"], key)
        for queue, row in self.counted.queues.items():
            yield from about(name, "wait_answered", 0, READING * row["answered"], queue)
            yield from about(name, "wait_abandoned", 0, READING * row["abandoned"], queue)
            yield from about(name, "longest_wait", 0, READING, queue)
        for stay in self.found:
            if stay.exit is not None:
                yield from self._beside_a_threshold(stay, stay.exit)

    def _beside_a_threshold(self, stay: Stay, line: Line) -> Iterator[Part]:
        of = {
            "CONNECT": (("in_time", self.counted.threshold),),
            "ABANDON": (
                ("short_abandons", self.counted.short),
                ("abandoned_in_time", self.counted.short),
                ("abandoned_in_time", self.counted.threshold),
            ),
        }
        for figure, border in of.get(line.event, ()):
            if abs(line.wait - border) < 1.15:
                yield from about("whole seconds", figure, 0, 1, stay.queue)

    # --- what the telephones know ---------------------------------------------------------------

    def _ring(self, ring: Ring) -> Iterator[Part]:
        stay, elsewhere = self._stay(ring), self._elsewhere(ring)
        if stay is None and elsewhere is not None:
            keys = (elsewhere.queue, ring.agent)
            yield from exact("answered elsewhere", "offers", 1, *keys)
            return
        if stay is None:
            yield from self._not_through_a_queue(ring)
            return
        keys = (stay.queue, ring.agent)
        if ring.refused:
            yield from exact("refused", "rona", -1, *keys)
            yield from exact("refused", "offers_rejected", 1, *keys)
        if ring.held:
            held, give = ring.held * MICROS, TELEPHONE
            yield from about("hold", "hold", held, give, *keys)
            yield from about("hold", "talk", -held, give, *keys)
        if ring.consulted is not None:
            yield from exact("consult", "consults", 1, ring.agent)

    def _not_through_a_queue(self, ring: Ring) -> Iterator[Part]:
        """A direct call, a key, a transfer by extension: rung, and perhaps spoken with."""
        name = "not through a queue"
        yield from exact(name, "offers", 1, ring.agent)
        if ring.refused:
            yield from exact(name, "offers_rejected", 1, ring.agent)
        if ring.answered is None:
            return
        yield from exact(name, "offers_answered", 1, ring.agent)
        moved = self._consulted_for(ring)
        if len(ring.caller) == 4:  # a colleague, not a customer
            yield from exact("consult", "consults", 1, ring.agent)
            if moved is None:
                return
        length = ring.talk if moved is None else ring.over - moved
        yield from exact(name, "handled", 1, ring.agent)
        yield from about(name, "talk", length * MICROS, TELEPHONE, ring.agent)
        if moved is not None or self._spoken_before(ring):
            yield from exact(name, "transfers_in", 1, ring.agent)

    def _consulted_for(self, ring: Ring) -> float | None:
        """When the one who consulted this telephone connected the customer with it."""
        for other in self.seen.rings:
            moment = other.handed_over
            if str(other.agent) != ring.caller or moment is None:
                continue
            if ring.rang < moment < ring.over + 1:
                return moment
        return None

    def _spoken_before(self, ring: Ring) -> bool:
        return any(stay.agent not in {None, ring.agent} for stay in self._of[ring.caller])

    # --- what the log says too early, or of somebody else ---------------------------------------

    def _came_to_nothing(self) -> Iterator[Part]:
        """The log counts a blind transfer when it begins, we when somebody answers."""
        for place, stay in enumerate(self.found):
            if stay.end is None or stay.end.event != "BLINDTRANSFER" or stay.agent is None:
                continue
            target = stay.end.more[0]
            later = [one for one in self.found[place + 1 :] if one.call == stay.call]
            if target.startswith("80"):
                reached = any(one.agent is not None for one in later)
            else:
                reached = target != NOBODY and self._answered(target, stay)
            if not reached:
                yield from exact("came to nothing", "transfers_out", -1, stay.queue, stay.agent)

    def _answered(self, target: str, stay: Stay) -> bool:
        return any(
            ring.caller == stay.caller and ring.agent == int(target) and ring.answered is not None
            for ring in self.seen.rings
        )

    def _picked_up(self, ring: Ring) -> Iterator[Part]:
        """The log has it of the member whose telephone rang, we of the one who spoke."""
        name, length = "picked up", ring.talk * MICROS
        for stay in self._of[ring.caller]:
            if stay.agent is None:
                continue
            yield from exact(name, "handled", 1, ring.agent)
            yield from about(name, "talk", length, TELEPHONE, ring.agent)
            yield from exact(name, "handled", -1, stay.agent)
            yield from about(name, "talk", -length, TELEPHONE + READING, stay.agent)
            yield from exact(name, "offers_answered", -1, stay.queue, stay.agent)
