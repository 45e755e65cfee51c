"""What the roll-ups add up, by name: the counts and lengths that every figure is made of.

Counts are whole; lengths are whole microseconds, because a sum of floats depends on its order and
these sums must come out the same whoever adds them up. Pure.
"""

from __future__ import annotations

QUARTER = 900  # seconds; no zone's offset or change is finer, so every local hour is made of these
HOUR = 4  # quarters
MICROS = 1_000_000

FCR_DAYS = 7  # a contact is resolved if its number does not contact us again within so many days
SERVICE_LEVEL = 20.0  # where no threshold was frozen: the queue was not described then
SHORT_ABANDON = 5.0

EXITS = ("timed_out", "empty", "key_exit", "withdrawn", "callback", "overflow", "lost")
STATES = ("ready", "not_ready", "offered", "busy", "wrap_up")  # of an agent who is signed in

ENTRY = (
    *("offered", "answered", "abandoned", "short_abandons", *EXITS),
    *("in_time", "abandoned_in_time", "entries_transferred"),
    *("wait_answered", "wait_abandoned", "longest_wait"),
)
CONTACT = (
    *("handled", "talk", "hold", "wrap_up", "transfers_out"),
    *("fcr_known", "fcr_resolved"),
)
ATTEMPTS = ("offers", "offers_answered", "rona", "offers_rejected", "offers_failed", "ring")
SCORES = ("scores", "score_sum")
CALLBACKS = ("callbacks", "callbacks_reached", "callbacks_failed", "callbacks_cancelled")

QUEUE = (*ENTRY, *CONTACT, *ATTEMPTS, *CALLBACKS, *SCORES)
AGENT = (
    *CONTACT,
    *("handled_inbound", "handled_outbound", "transfers_in", "consults", "consult_talk"),
    *ATTEMPTS,
    *("callback_attempts", "callbacks_spoken"),
    *SCORES,
    *("recordings_scored", "quality_known", "quality_sum"),
    *(f"state_{state}" for state in STATES),
)
DISPOSITION = (*CONTACT, *SCORES)

LARGEST = frozenset({"longest_wait"})  # the rest is added up
