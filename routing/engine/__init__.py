"""Who gets whom: callers waiting and agents free are matched in one order of urgency.

Pure: times come in, matches come out, and the same input gives the same decisions. Seconds
everywhere; any clock will do (the wall's, the simulator's) as long as it is one and the same.

* An agent becomes free: the most urgent of everything waiting that they may take, over all their
  queues. What waits for them in person goes first.
* Work arrives: among the free agents who may take it, those with most of the preferred skills, and
  of these whom the queue's strategy names.
* Time passes: needs relax, wishes end, and an agent who let a call ring may be tried again. `due`
  says when; the caller then asks `tick`, before anything else that happens at that moment.

After each of these nobody free could take anything that waits.
"""

from routing.engine.core import Engine
from routing.engine.model import (
    AGAIN_AFTER,
    Cause,
    Match,
    Need,
    QueuePlan,
    Seat,
    Strategy,
    Why,
    Work,
)

__all__ = [
    "AGAIN_AFTER",
    "Cause",
    "Engine",
    "Match",
    "Need",
    "QueuePlan",
    "Seat",
    "Strategy",
    "Why",
    "Work",
]
