"""Wires the recording of calls: its rules, who starts, stops and pauses it, what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass

from callcenter.ami.commands import Commands
from callcenter.running import Running
from recording import control_events
from recording.control import RecordingControl
from recording.control_journal import Journal
from recording.control_rules import RuleBook
from routing.control import CallControl
from routing.directory import Directory


@dataclass(frozen=True, slots=True)
class Taping:
    """`book` is asked by the calls' own flows, `control` by people."""

    book: RuleBook
    journal: Journal
    control: RecordingControl


async def taping(
    service: Running, directory: Directory, commands: Commands, starter: CallControl
) -> Taping:
    """The parts, not yet at work. What an earlier run has left of recordings is read here."""
    config, database = service.config, service.database
    pbx, folder = config.ami.name, config.recordings.pbx_folder or config.recordings.folder
    book, journal = RuleBook(pbx, database, folder, directory.agent_of), Journal(database)
    control = RecordingControl(
        pbx,
        commands,
        starter,
        rules=book,
        journal=journal,
        publish=service.bus.publish,
        agent_of=directory.agent_of,
    )
    await book.load()
    await control.load()
    return Taping(book, journal, control)


def tape_calls(service: Running, made: Taping) -> None:
    """Everybody who wants to hear of recordings has subscribed before."""
    crew, control = service.crew, made.control
    followed = service.bus.subscribe("recording control", types=control_events.EVENTS)
    crew.keeper("recording rules", made.book.run())
    crew.keeper("recording spans", made.journal.run())
    crew.keeper("recording spans closed", control.tidy())
    crew.consumer("recording control", control.follow(followed, control_events.hear))
