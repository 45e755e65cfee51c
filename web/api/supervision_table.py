"""The routes of the board beside its stream: steering, listening in, thresholds and alarms."""

from __future__ import annotations

from web.api import alarms, steering
from web.auth.rights import Right
from web.routes import SIGNED_IN, Route

V1 = "/api/v1"
_WAITING = f"{V1}/waiting/{{interaction}}"
_AGENT = f"{V1}/agents/{{id}}"
TELEPHONE = (502, 504)  # what the PBX may answer, or not answer at all

STEERING = (
    Route(
        "POST",
        f"{_WAITING}/move",
        steering.move_waiting_call,
        Right.QUEUE_STEER,
        "Send a waiting call to another queue, or to an agent",
        also=TELEPHONE,
    ),
    Route(
        "POST",
        f"{_WAITING}/pull",
        steering.pull_waiting_call,
        Right.QUEUE_STEER,
        "Take a waiting call to one's own telephone",
        also=TELEPHONE,
    ),
    Route(
        "POST",
        f"{_WAITING}/priority",
        steering.prioritise_waiting_call,
        Right.QUEUE_STEER,
        "Let a waiting call go before others, or after them",
        also=TELEPHONE,
    ),
    Route(
        "GET",
        f"{_AGENT}/queues-today",
        steering.list_queues_today,
        Right.QUEUE_STEER,
        "Whose calls an agent takes today",
    ),
    Route(
        "PUT",
        f"{_AGENT}/queues-today/{{queue}}",
        steering.set_queue_today,
        Right.QUEUE_STEER,
        "Add an agent to a queue, or take them out of it, until the end of the day",
    ),
    Route(
        "DELETE",
        f"{_AGENT}/queues-today/{{queue}}",
        steering.clear_queue_today,
        Right.QUEUE_STEER,
        "As usual again",
    ),
    Route(
        "GET",
        f"{_AGENT}/pbx-queues",
        steering.list_pbx_queues,
        Right.QUEUE_STEER,
        "In which of the PBX's own queues an agent's telephone is",
        also=TELEPHONE,
    ),
    Route(
        "PATCH",
        f"{_AGENT}/pbx-queues/{{queue}}",
        steering.change_pbx_queue,
        Right.QUEUE_STEER,
        "Put it into one of them, take it out, pause it there",
        also=TELEPHONE,
    ),
)
MONITORING = (
    Route(
        "POST",
        f"{_AGENT}/listen",
        steering.listen_to_agent,
        Right.CALL_LISTEN,
        "Listen to an agent's call by my telephone",
        status=202,
    ),
    Route(
        "POST",
        f"{_AGENT}/whisper",
        steering.whisper_to_agent,
        Right.CALL_WHISPER,
        "Listen, heard by the agent alone",
        status=202,
    ),
    Route(
        "POST",
        f"{_AGENT}/barge",
        steering.barge_into_call,
        Right.CALL_BARGE,
        "Take part in an agent's call",
        status=202,
    ),
    Route(
        "POST",
        f"{V1}/me/monitor/stop",
        steering.stop_monitoring,
        SIGNED_IN,
        "Listen no more",
        status=202,
        also=(404,),
    ),
)
ALARMS = (
    Route(
        "GET",
        f"{V1}/thresholds",
        alarms.list_thresholds,
        Right.BOARD_READ,
        "From when figures of the board are to be watched, and from when they are bad",
    ),
    Route(
        "PUT",
        f"{V1}/thresholds",
        alarms.set_threshold,
        Right.ALARM_MANAGE,
        "Set the threshold of a figure, for one queue or all",
    ),
    Route(
        "DELETE",
        f"{V1}/thresholds",
        alarms.remove_threshold,
        Right.ALARM_MANAGE,
        "Take a threshold away",
    ),
    Route("GET", f"{V1}/alarms", alarms.list_alarms, Right.BOARD_READ, "Alarms, the newest first"),
    Route(
        "POST",
        f"{V1}/alarms/{{id}}/acknowledge",
        alarms.acknowledge_alarm,
        Right.ALARM_MANAGE,
        "Somebody has seen it",
    ),
)
SUPERVISION = STEERING + MONITORING + ALARMS
