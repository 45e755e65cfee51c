"""Back-off that doubles, ends, forgets and never grows beyond its bounds."""

from __future__ import annotations

import pytest

from callcenter.errors import TooManyAttempts
from tests.web.conftest import Clock
from web.auth.throttle import ACCOUNT, ADDRESS, SignInThrottle


def wait(throttle: SignInThrottle, account: str, address: str) -> float:
    try:
        throttle.attempt(account, address)
    except TooManyAttempts as error:
        return error.retry_after
    return 0.0


def test_waits_double_up_to_the_longest(clock: Clock) -> None:
    throttle = SignInThrottle(clock)
    waits = []
    for n in range(ACCOUNT.free + 9):
        assert wait(throttle, "li", f"10.0.0.{n}") == 0, "the wait is over"
        over = wait(throttle, "li", "10.1.1.1")
        waits.append(over)
        clock.now += over
    assert waits == [0] * (ACCOUNT.free // 2) + waits[ACCOUNT.free // 2 :]
    assert waits[-1] == ACCOUNT.longest
    assert sorted(waits) == waits


def test_an_address_waits_whatever_the_account(clock: Clock) -> None:
    throttle = SignInThrottle(clock)
    for n in range(ADDRESS.free):
        assert wait(throttle, f"user{n}", "10.0.0.1") == 0
    assert wait(throttle, "somebody", "10.0.0.1") == ADDRESS.first
    assert wait(throttle, "somebody", "10.0.0.2") == 0


def test_success_forgives_the_account_but_not_the_address(clock: Clock) -> None:
    throttle = SignInThrottle(clock)
    for n in range(ADDRESS.free - 1):
        throttle.attempt(f"user{n}", "10.0.0.1")
    throttle.attempt("mine", "10.0.0.1")
    throttle.succeeded("mine", "10.0.0.1")
    assert wait(throttle, "a", "10.0.0.1") == 0
    assert wait(throttle, "b", "10.0.0.1") > 0


def test_all_is_forgotten_after_a_while(clock: Clock) -> None:
    throttle = SignInThrottle(clock)
    for _ in range(ACCOUNT.free):
        throttle.attempt("li", "10.0.0.1")
    clock.now += ACCOUNT.forget + 1
    for _ in range(ACCOUNT.free):
        assert wait(throttle, "li", "10.0.0.1") == 0


def test_memory_is_bounded(clock: Clock) -> None:
    throttle = SignInThrottle(clock, keys=100)
    for n in range(1000):
        throttle.attempt(f"user{n}", f"10.0.{n // 250}.{n % 250}")
    assert throttle.remembered == 200


@pytest.mark.parametrize("attempts", [1, 100, 100_000])
def test_waits_are_finite_numbers(attempts: int, clock: Clock) -> None:
    throttle = SignInThrottle(clock)
    for _ in range(attempts):
        throttle.attempt("li", "10.0.0.1")
        clock.now += ADDRESS.longest
    assert wait(throttle, "li", "10.0.0.1") <= ADDRESS.longest


def test_a_network_of_ipv6_is_one_place(clock: Clock) -> None:
    throttle = SignInThrottle(clock)
    for host in range(ADDRESS.free):
        throttle.attempt(f"user{host}", f"2001:db8:1:2::{host:x}")
    assert wait(throttle, "other", "2001:db8:1:2:ffff::1") == ADDRESS.first
    assert wait(throttle, "other", "2001:db8:1:3::1") == 0
