"""The rights there are, how far they reach, and the roles that come with the product."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """How far a right reaches. `team` counts as `own` until there are teams."""

    OWN = "own"
    TEAM = "team"
    ALL = "all"


BREADTH = {Scope.OWN: 0, Scope.TEAM: 1, Scope.ALL: 2}


def wider(a: Scope, b: Scope) -> Scope:
    return max(a, b, key=BREADTH.__getitem__)


class Right(StrEnum):
    CUSTOMER_READ = "customer.read"
    CUSTOMER_WRITE = "customer.write"
    INTERACTION_READ = "interaction.read"
    INTERACTION_WRITE = "interaction.write"
    TICKET_READ = "ticket.read"
    TICKET_WRITE = "ticket.write"
    RECORDING_READ = "recording.read"
    RECORDING_LISTEN = "recording.listen"
    DIRECTORY_READ = "directory.read"  # names of agents and queues, for filters
    BOARD_READ = "board.read"
    GAP_READ = "gap.read"
    USER_MANAGE = "user.manage"
    AGENT_MANAGE = "agent.manage"
    AGENT_STATE = "agent.state"  # sign in to take calls, ready, not ready
    CALL_CONTROL = "call.control"  # dial, hold, transfer, hang up
    CALL_DIAL_ABROAD = "call.dial_abroad"  # international and premium numbers
    QUEUE_MANAGE = "queue.manage"  # queues, skills, calendars, entry rules, menus
    QUEUE_SIMULATE = "queue.simulate"
    WORK_HANDLE = "work.handle"  # missed calls and callbacks


class Role(StrEnum):
    ADMINISTRATOR = "administrator"
    SUPERVISOR = "supervisor"
    AGENT = "agent"
    ONLINE_SUPPORT = "online_support"
    ACCOUNT_MANAGER = "account_manager"
    SALES_SUPERVISOR = "sales_supervisor"
    EXECUTIVE = "executive"


def _all(*rights: Right) -> dict[Right, Scope]:
    return dict.fromkeys(rights, Scope.ALL)


_CUSTOMERS = _all(Right.CUSTOMER_READ, Right.CUSTOMER_WRITE, Right.DIRECTORY_READ)
_TICKETS = _all(Right.TICKET_READ, Right.TICKET_WRITE)
_OWN_CALLS = dict.fromkeys(
    (
        Right.INTERACTION_READ,
        Right.INTERACTION_WRITE,
        Right.RECORDING_READ,
        Right.RECORDING_LISTEN,
    ),
    Scope.OWN,
)

_OWN_PHONE = dict.fromkeys((Right.AGENT_STATE, Right.CALL_CONTROL), Scope.OWN)
_TAKES_CALLS = _CUSTOMERS | _TICKETS | _OWN_CALLS | _OWN_PHONE | _all(Right.WORK_HANDLE)
_MANAGEMENT = {Right.USER_MANAGE, Right.AGENT_MANAGE, Right.QUEUE_MANAGE}

# As the migrations write them; a test holds the two together.
BUILT_IN: dict[Role, dict[Right, Scope]] = {
    Role.ADMINISTRATOR: _all(*Right),
    Role.SUPERVISOR: _all(*(set(Right) - _MANAGEMENT)),
    Role.AGENT: _TAKES_CALLS,
    Role.ONLINE_SUPPORT: _TAKES_CALLS,
    Role.ACCOUNT_MANAGER: _CUSTOMERS | _all(Right.TICKET_READ),
    Role.SALES_SUPERVISOR: _CUSTOMERS | _all(Right.TICKET_READ),
    Role.EXECUTIVE: _all(Right.DIRECTORY_READ, Right.BOARD_READ),
}
