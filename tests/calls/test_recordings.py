"""What the PBX tells of recordings: silent, sounding again, and time that is in no file."""

from __future__ import annotations

from callcenter.events import (
    RecordingGap,
    RecordingPauseAsked,
    RecordingPaused,
    RecordingResumed,
    RecordingStarted,
)
from tests.calls.script import BEGAN, Chan, Script

FILE = "/var/spool/asterisk/monitor/call-1.wav"


def recorded() -> tuple[Script, Chan, Chan]:
    """A customer who talks with 1001 and is recorded."""
    script = Script(trunks=("PJSIP/trunk",))
    caller = script.channel("PJSIP/trunk-00000001", number="+8613800138000", exten="8001")
    agent = script.channel("PJSIP/1001-00000002", caller)
    script.tell("VarSet", caller.fields(), Variable="MIXMONITOR_FILENAME", Value=FILE)
    script.dial(caller, agent)
    for one in (agent, caller):
        script.tell("BridgeEnter", one.fields(), BridgeUniqueid="b1")
    assert script.all(RecordingStarted)
    return script, caller, agent


def mute(script: Script, channel: Chan, state: str, direction: str = "both") -> None:
    script.tell("MixMonitorMute", channel.fields(), Direction=direction, State=state)


def test_silent_and_sounding_again_are_told_once() -> None:
    script, caller, _ = recorded()
    mute(script, caller, "1")
    script.wait(5)
    mute(script, caller, "1")
    mute(script, caller, "0")
    [paused], [resumed] = script.all(RecordingPaused), script.all(RecordingResumed)
    assert (paused.leg, paused.channel) == (resumed.leg, caller.name)
    assert paused.at is not None
    assert resumed.at is not None
    assert 5 <= resumed.at - paused.at < 5.1


def test_after_a_restart_of_ours_the_end_of_a_silence_is_told() -> None:
    script, caller, _ = recorded()
    channel = script.tracker.world.find(caller.uniqueid)
    assert channel is not None
    channel.interaction.adopted = True  # as if it had been found in progress, already silent
    mute(script, caller, "0")
    assert len(script.all(RecordingResumed)) == 1


def test_one_side_that_is_silent_is_no_pause() -> None:
    script, caller, _ = recorded()
    mute(script, caller, "1", "read")
    assert not script.all(RecordingPaused)
    mute(script, caller, "1", "write")
    assert len(script.all(RecordingPaused)) == 1
    mute(script, caller, "0", "read")
    assert len(script.all(RecordingResumed)) == 1


def test_the_time_between_two_conversations_is_in_no_file() -> None:
    script, caller, agent = recorded()
    script.wait(10)
    left = script.now - BEGAN
    for one in (caller, agent):
        script.tell("BridgeLeave", one.fields(), BridgeUniqueid="b1")
    script.wait(4)
    other = script.channel("PJSIP/1002-00000003", caller)
    for one in (other, caller):
        script.tell("BridgeEnter", one.fields(), BridgeUniqueid="b2")
    [gap] = script.all(RecordingGap)
    assert gap.leg == script.all(RecordingStarted)[0].leg
    assert abs(gap.since - BEGAN - left) < 1e-4
    assert gap.at is not None
    assert 4 <= gap.at - gap.since < 4.1


def test_bridges_that_are_swapped_leave_nothing_out() -> None:
    script, caller, _ = recorded()
    script.tell("BridgeLeave", caller.fields(), BridgeUniqueid="b1")
    script.tell("BridgeEnter", caller.fields(), BridgeUniqueid="b2")
    assert not script.all(RecordingGap)


def test_the_dialplan_says_what_is_not_to_be_recorded() -> None:
    script, caller, _ = recorded()
    for value in ("1", "0"):
        script.tell("VarSet", caller.fields(), Variable="CALLCENTER_RECORD_PAUSE", Value=value)
    assert [one.paused for one in script.all(RecordingPauseAsked)] == [True, False]
