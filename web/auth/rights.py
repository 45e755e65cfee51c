"""The rights there are, how far they reach, and the roles that come with the product."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """How far a right reaches. `team`: what belongs to one's team and the teams below it."""

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
    CUSTOMER_MERGE = "customer.merge"
    CUSTOMER_IMPORT = "customer.import"
    CUSTOMER_EXPORT = "customer.export"
    CUSTOMER_ASSIGN = "customer.assign"  # owners; take from the pool and give back
    CRM_CONFIGURE = "crm.configure"  # custom fields, dictionary, rules of the pool
    TICKET_ASSIGN = "ticket.assign"
    TICKET_RESOLVE = "ticket.resolve"
    TICKET_ARCHIVE = "ticket.archive"
    TICKET_MERGE = "ticket.merge"
    TICKET_EXPORT = "ticket.export"
    TICKET_CONFIGURE = "ticket.configure"  # categories, SLA, what everybody writes with one key
    ROLE_MANAGE = "role.manage"
    TEAM_MANAGE = "team.manage"
    AUDIT_READ = "audit.read"
    RECORDING_CONTROL = "recording.control"  # start, stop and pause in a call
    RECORDING_DOWNLOAD = "recording.download"
    RECORDING_SHARE = "recording.share"  # a link inside the company that expires
    RECORDING_DELETE = "recording.delete"
    RECORDING_CONFIGURE = "recording.configure"  # rules, storage, retention, legal holds
    PERSON_ERASE = "person.erase"
    QUALITY_READ = "quality.read"
    QUALITY_SCORE = "quality.score"
    QUALITY_CONFIGURE = "quality.configure"  # score sheets and samples
    CALL_LISTEN = "call.listen"  # to calls of others, unheard
    CALL_WHISPER = "call.whisper"  # heard by the agent alone
    CALL_BARGE = "call.barge"  # heard by everybody
    QUEUE_STEER = "queue.steer"  # move and pull waiting calls; who serves what today
    REPORT_READ = "report.read"
    REPORT_SCHEDULE = "report.schedule"
    ALARM_MANAGE = "alarm.manage"
    WEBHOOK_MANAGE = "webhook.manage"


# Rights on things that belong to somebody. All others are for everything or not there at all.
SCOPED = frozenset(
    {
        Right.CUSTOMER_READ,
        Right.CUSTOMER_WRITE,
        Right.CUSTOMER_MERGE,
        Right.CUSTOMER_EXPORT,
        Right.CUSTOMER_ASSIGN,
        Right.TICKET_READ,
        Right.TICKET_WRITE,
        Right.TICKET_ASSIGN,
        Right.TICKET_RESOLVE,
        Right.TICKET_ARCHIVE,
        Right.TICKET_MERGE,
        Right.TICKET_EXPORT,
        Right.INTERACTION_READ,
        Right.INTERACTION_WRITE,
        Right.RECORDING_READ,
        Right.RECORDING_LISTEN,
        Right.RECORDING_CONTROL,
        Right.RECORDING_DOWNLOAD,
        Right.RECORDING_SHARE,
        Right.RECORDING_DELETE,
        Right.QUALITY_READ,
        Right.QUALITY_SCORE,
        Right.AGENT_STATE,
        Right.CALL_CONTROL,
        Right.CALL_LISTEN,
        Right.CALL_WHISPER,
        Right.CALL_BARGE,
        Right.REPORT_READ,
    }
)


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


def _team(*rights: Right) -> dict[Right, Scope]:
    return dict.fromkeys(rights, Scope.TEAM)


def _own(*rights: Right) -> dict[Right, Scope]:
    return dict.fromkeys(rights, Scope.OWN)


_CUSTOMERS = _all(Right.CUSTOMER_READ, Right.CUSTOMER_WRITE, Right.DIRECTORY_READ)
_TICKETS = _all(Right.TICKET_READ, Right.TICKET_WRITE)
_OWN_CALLS = _own(
    Right.INTERACTION_READ,
    Right.INTERACTION_WRITE,
    Right.RECORDING_READ,
    Right.RECORDING_LISTEN,
    Right.RECORDING_CONTROL,
    Right.QUALITY_READ,
    Right.REPORT_READ,
)
_OWN_PHONE = _own(Right.AGENT_STATE, Right.CALL_CONTROL)
_TAKES_CALLS = _CUSTOMERS | _TICKETS | _OWN_CALLS | _OWN_PHONE | _all(Right.WORK_HANDLE)
_WORKS_TICKETS = _all(
    Right.TICKET_ASSIGN,
    Right.TICKET_RESOLVE,
    Right.TICKET_ARCHIVE,
    Right.TICKET_MERGE,
    Right.CUSTOMER_MERGE,
)
_SALES = (Right.CUSTOMER_READ, Right.CUSTOMER_WRITE, Right.CUSTOMER_ASSIGN)
_MANAGEMENT = {
    Right.USER_MANAGE,
    Right.AGENT_MANAGE,
    Right.QUEUE_MANAGE,
    Right.ROLE_MANAGE,
    Right.TEAM_MANAGE,
    Right.CRM_CONFIGURE,
    Right.AUDIT_READ,
    Right.RECORDING_DELETE,
    Right.RECORDING_CONFIGURE,
    Right.PERSON_ERASE,
    Right.WEBHOOK_MANAGE,
}

# As the migrations write them; a test holds the two together.
BUILT_IN: dict[Role, dict[Right, Scope]] = {
    Role.ADMINISTRATOR: _all(*Right),
    Role.SUPERVISOR: _all(*(set(Right) - _MANAGEMENT)),
    Role.AGENT: _TAKES_CALLS | _own(Right.TICKET_ASSIGN, Right.TICKET_RESOLVE),
    Role.ONLINE_SUPPORT: _TAKES_CALLS | _WORKS_TICKETS,
    Role.ACCOUNT_MANAGER: _own(*_SALES) | _all(Right.DIRECTORY_READ, Right.TICKET_READ),
    Role.SALES_SUPERVISOR: (
        _team(*_SALES, Right.CUSTOMER_MERGE, Right.CUSTOMER_EXPORT)
        | _all(Right.CUSTOMER_IMPORT, Right.DIRECTORY_READ, Right.TICKET_READ)
    ),
    Role.EXECUTIVE: _all(Right.DIRECTORY_READ, Right.BOARD_READ, Right.REPORT_READ),
}
