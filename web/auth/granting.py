"""The rules of giving rights, free of any database: nobody gives more than they have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from callcenter.errors import Forbidden, InvalidInput
from web.auth.rights import BREADTH, SCOPED, Right, Scope, wider

Rights = Mapping[Right, Scope]


def together(many: Iterable[Rights]) -> dict[Right, Scope]:
    """What somebody with all of these has: of each right the widest."""
    found: dict[Right, Scope] = {}
    for held in many:
        for right, scope in held.items():
            found[right] = wider(found.get(right, scope), scope)
    return found


def beyond(mine: Rights, theirs: Rights) -> list[Right]:
    """Of theirs what I do not have, or not as far."""
    return [
        right
        for right, scope in theirs.items()
        if right not in mine or BREADTH[mine[right]] < BREADTH[scope]
    ]


def widened(before: Rights, after: Rights) -> dict[Right, Scope]:
    """What was not there, or not as far."""
    more = set(beyond(before, after))
    return {right: scope for right, scope in after.items() if right in more}


def check_taking(mine: Rights, taken: Rights, *, field: str) -> None:
    """Forbidden that names what one cannot take away: whoever can could be the only one left."""
    missing = beyond(mine, taken)
    if missing:
        names = ", ".join(sorted(missing))
        raise Forbidden(f"nobody takes away what they do not have: {names}", field=field)


def check_gift(mine: Rights, given: Rights, *, field: str) -> None:
    """Forbidden that names what one cannot give."""
    missing = beyond(mine, given)
    if missing:
        names = ", ".join(sorted(f"{right} ({given[right]})" for right in missing))
        raise Forbidden(f"nobody gives what they do not have: {names}", field=field)


def check_equal(mine: Rights, theirs: Rights, *, team: bool = True) -> None:
    """Forbidden for changing somebody who may do more: their sign-in would be a way to it.

    `team`: theirs is within mine. Else what reaches their team is more than what reaches mine.
    """
    missing = set(beyond(mine, theirs))
    if not team:
        far = [right for right, scope in theirs.items() if scope is Scope.TEAM]
        missing |= {right for right in far if mine.get(right) is not Scope.ALL}
    if missing:
        names = ", ".join(sorted(missing))
        raise Forbidden(f"this person may do what you may not: {names}")


def check_scopes(rights: Rights) -> None:
    """InvalidInput for a reach that the right does not know."""
    for right, scope in rights.items():
        if scope is not Scope.ALL and right not in SCOPED:
            raise InvalidInput("this right is for all or not at all", field=f"rights.{right}")
