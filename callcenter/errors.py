"""The one tree of our own errors, so that every failure has a stable code a caller can act on.

CallCenterError
├── ConfigError          configuration file: names file, key and what is allowed
├── AmiError
│   ├── AmiTimeout       an action had no answer within its deadline
│   ├── AmiRefused       the PBX answered `Response: Error`
│   │   └── NoSuchChannel  the order came too late: that call is over
│   ├── AmiDisconnected  the link is down; nothing was sent, or the answer is unknown
│   └── UnsafeValue      CR, LF or NUL in a value that would go out
├── AgiError             the PBX refused a command of a call's own session
│   ├── AgiHangup        the caller is gone; variables can still be set
│   └── AgiClosed        the session is over: nothing can be said any more
├── InvalidInput         422: `field` names what was wrong
│   └── TooLarge         413: over a limit that the text names
├── NotFound             404: also another's object
├── Forbidden            403: signed in, without the right
├── Unauthenticated      401
├── Conflict             409
└── TooManyAttempts      429: `retry_after` seconds
"""

from __future__ import annotations


class CallCenterError(Exception):
    """Root of our errors. `code` is stable and part of the API; the text is for people."""

    code = "error"

    def __init__(self, message: str = "", *, field: str | None = None) -> None:
        super().__init__(message or self.code)
        self.message = message or self.code
        self.field = field


class ConfigError(CallCenterError):
    code = "bad_config"


class AmiError(CallCenterError):
    code = "ami_error"


class AmiTimeout(AmiError):
    code = "ami_timeout"


class AmiRefused(AmiError):
    code = "ami_refused"


class NoSuchChannel(AmiRefused):
    code = "no_such_channel"


class AmiDisconnected(AmiError):
    code = "ami_disconnected"


class UnsafeValue(AmiError):
    code = "unsafe_value"


class AgiError(CallCenterError):
    code = "agi_error"


class AgiHangup(AgiError):
    code = "agi_hangup"


class AgiClosed(AgiError):
    code = "agi_closed"


class InvalidInput(CallCenterError):
    code = "invalid_input"


class TooLarge(InvalidInput):
    code = "too_large"


class NotFound(CallCenterError):
    code = "not_found"


class Forbidden(CallCenterError):
    code = "forbidden"


class Unauthenticated(CallCenterError):
    code = "unauthenticated"


class Conflict(CallCenterError):
    code = "conflict"


class TooManyAttempts(CallCenterError):
    code = "too_many_attempts"

    def __init__(self, message: str = "", *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after
