"""Who is calling, as the entry rules see it, and what they need the customers' room to answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol


class Known(Protocol):
    """What the customers' room knows of a caller; agents by their id."""

    @property
    def e164(self) -> str | None: ...
    @property
    def withheld(self) -> bool: ...
    @property
    def customer(self) -> int | None: ...
    @property
    def level(self) -> str | None: ...
    @property
    def language(self) -> str | None: ...
    @property
    def account_manager(self) -> int | None: ...
    @property
    def ticket(self) -> str | None: ...
    @property
    def ticket_owner(self) -> int | None: ...
    @property
    def last_agent(self) -> int | None: ...
    @property
    def last_agent_at(self) -> float | None: ...


class Facts(Protocol):
    """Answers from the customers' room. Neither raises nor takes long: a call is waiting."""

    async def of_number(self, number: str | None, trunk: str | None) -> Known:
        """What is known by the caller's number; nothing but the number while the store is away."""

    async def of_account(self, account: str, number: str | None, trunk: str | None) -> Known | None:
        """What is known of the customer with this account; None when there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A caller as the rules see them. `account` is what was typed, "" for nothing; None: not asked.

    `proven`: the customer is the one whose account number was typed in.
    """

    number: str | None  # as it came
    dialled: str
    at: float
    e164: str | None = None
    withheld: bool = False
    customer: int | None = None
    level: str | None = None
    language: str | None = None
    account_manager: int | None = None
    ticket: str | None = None  # number of the open ticket
    ticket_owner: int | None = None
    last_agent: int | None = None
    last_agent_at: float | None = None
    account: str | None = None
    proven: bool = False

    def with_known(self, known: Known) -> Caller:
        """The same call with what is known of the caller."""
        return replace(self, **{name: getattr(known, name) for name in _KNOWN})

    def with_account(self, typed: str, known: Known | None) -> Caller:
        """The same call after an account number was asked for; `known` is whose it is."""
        if known is None:
            return replace(self, account=typed)
        return replace(self.with_known(known), account=typed, proven=True)


_KNOWN = (
    *("e164", "withheld", "customer", "level", "language", "account_manager"),
    *("ticket", "ticket_owner", "last_agent", "last_agent_at"),
)
