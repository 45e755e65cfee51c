"""What every agent's screen shows, and the numbered frames that tell each change of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from callcenter.events import ScoreChanged
from screenpop import frames
from screenpop.contact import Contact, Line, call_of, pop_of

MeFrame = (
    frames.PopOffered
    | frames.PopWithdrawn
    | frames.CallChanged
    | frames.CallClosed
    | frames.AgentStatusChanged
    | frames.ScoreTold
    | frames.LinkChanged
)
Changes = list[tuple[int, MeFrame]]  # (agent, frame), in order


@dataclass(slots=True)
class View:
    """One agent's screen; `seq` is the number of the last frame about it."""

    seq: int = 0
    pops: dict[str, frames.Pop] = field(default_factory=dict)  # by interaction
    lines: dict[str, Line] = field(default_factory=dict)
    status: frames.AgentStatus | None = None
    score: frames.ScoreRef | None = None


class Screens:
    """Screens come to be with the first thing on them. Every change leaves a frame in `take`."""

    def __init__(self) -> None:
        self._views: dict[int, View] = {}
        self._out: Changes = []

    def __len__(self) -> int:
        return len(self._views)

    def view(self, agent: int) -> View:
        view = self._views.get(agent)
        if view is None:
            view = self._views[agent] = View()
        return view

    def line(self, agent: int, interaction: str) -> Line | None:
        return self.view(agent).lines.get(interaction)

    def seq(self, agent: int) -> int:
        view = self._views.get(agent)
        return view.seq if view else 0

    def snapshot(self, agent: int, link: frames.Link) -> frames.MeState:
        view = self.view(agent)
        calls = [line.shown for line in view.lines.values() if line.shown is not None]
        pops = list(view.pops.values())
        return frames.MeState(
            pops=pops, calls=calls, link=link, agent=view.status, score=view.score
        )

    def take(self) -> Changes:
        """The frames since the last time, in order."""
        out, self._out = self._out, []
        return out

    def offer(
        self, contact: Contact, agent: int, queue: str | None, offered_at: float | None
    ) -> None:
        """Show a pop unless it is there already: its key is (interaction, agent)."""
        if contact.id not in self.view(agent).pops:
            contact.agents.add(agent)
            self._put_pop(agent, pop_of(contact, agent, queue, offered_at))

    def withdraw(self, agent: int, interaction: str, reason: str) -> frames.Pop | None:
        """Take a pop away, if it is there; returns what it was."""
        pop = self.view(agent).pops.pop(interaction, None)
        if pop is not None:
            seq = self._next(agent)
            frame = frames.PopWithdrawn(seq=seq, interaction=interaction, reason=reason)
            self._out.append((agent, frame))
        return pop

    def show(self, contact: Contact, agent: int) -> None:
        """Tell the agent's call, if it is other than what was told."""
        line = self.view(agent).lines[contact.id]
        call = call_of(contact, agent, line)
        if call != line.shown:
            line.shown = call
            self._out.append((agent, frames.CallChanged(seq=self._next(agent), call=call)))

    def close(self, agent: int, interaction: str, into: str | None = None) -> Line | None:
        """Take a call off the list, if it is there; returns its line."""
        line = self.view(agent).lines.pop(interaction, None)
        if line is not None:
            frame = frames.CallClosed(seq=self._next(agent), interaction=interaction, into=into)
            self._out.append((agent, frame))
        return line

    def refresh(self, contact: Contact) -> None:
        """Something about the contact itself is new: whoever sees it sees that."""
        for agent in sorted(contact.agents):
            view = self.view(agent)
            pop = view.pops.get(contact.id)
            if pop is not None:
                new = pop_of(contact, agent, pop.queue, pop.offered_at)
                if new != pop:
                    self._put_pop(agent, new)
            if contact.id in view.lines:
                self.show(contact, agent)

    def tell_status(self, status: frames.AgentStatus) -> None:
        """Tell the agent's state, if it is other than what was told."""
        view = self.view(status.agent)
        if view.status != status:
            view.status = status
            frame = frames.AgentStatusChanged(seq=self._next(status.agent), agent=status)
            self._out.append((status.agent, frame))

    def tell_score(self, event: ScoreChanged) -> None:
        """Tell what became of a score, if it was not told last."""
        view, score = self.view(event.agent), frames.ScoreRef(event.score, event.state, event.at)
        if view.score != score:
            view.score = score
            frame = frames.ScoreTold(seq=self._next(event.agent), score=score)
            self._out.append((event.agent, frame))

    def tell_link(self, link: frames.Link) -> None:
        for agent in self._views:
            frame = frames.LinkChanged(stream="me", seq=self._next(agent), link=link)
            self._out.append((agent, frame))

    def _put_pop(self, agent: int, pop: frames.Pop) -> None:
        self.view(agent).pops[pop.interaction] = pop
        self._out.append((agent, frames.PopOffered(seq=self._next(agent), pop=pop)))

    def _next(self, agent: int) -> int:
        view = self.view(agent)
        view.seq += 1
        return view.seq
