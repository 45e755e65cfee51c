"""The one door to other people's servers: what they may be, and what they may do to us."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from yarl import URL

from callcenter.errors import InvalidInput
from callcenter.outward import client as clients
from callcenter.outward.addresses import Policy
from callcenter.outward.client import Client
from tests.outward.receiver import (
    Receiver,
    answering,
    endless,
    hanging,
    hung_up,
    receiver,
    torn,
)

HERE = Policy.of(["127.0.0.0/8"], plain=True)
PLAIN = Policy(plain=True)


@pytest.fixture
async def server() -> AsyncIterator[Receiver]:
    async with receiver() as made:
        yield made


class Names:
    """A server of names that changes its mind: each question gets the next answer."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, _host: str, _port: int) -> list[str]:
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    made = Client(HERE, timeout=0.5)
    yield made
    await made.close()


async def test_a_message_arrives_as_it_was_signed(client: Client, server: Receiver) -> None:
    body = '{"text":"你好"}'.encode()
    outcome = await client.post(server.url + "hook?a=1", body, {"webhook-id": "msg_1"})
    assert (outcome.ok, outcome.status, outcome.error) == (True, 200, None)
    (got,) = server.got
    assert (got.path, got.body, got.headers["webhook-id"]) == ("/hook?a=1", body, "msg_1")
    assert "Cookie" not in got.headers


@pytest.mark.parametrize(("status", "ails"), [(500, True), (429, True), (404, False), (410, False)])
async def test_what_it_answers_is_written_down(
    client: Client, server: Receiver, status: int, ails: bool
) -> None:
    server.behave = answering(
        status, "no\x00\r\n\x1b[31m way " + "x" * 9_000, **{"Retry-After": "9"}
    )
    outcome = await client.post(server.url, b"{}", {})
    assert (outcome.ok, outcome.status, outcome.ails, outcome.retry_after) == (
        False,
        status,
        ails,
        9.0,
    )
    assert outcome.error == f"HTTP {status}"
    assert outcome.excerpt is not None
    assert outcome.excerpt.startswith("no [31m way xxx")
    assert len(outcome.excerpt) <= clients.EXCERPT_CHARS


async def test_a_redirect_is_not_followed(client: Client, server: Receiver) -> None:
    async with receiver() as inner:
        server.behave = answering(307, Location=inner.url)
        outcome = await client.post(server.url, b"{}", {})
        assert (outcome.ok, outcome.status) == (False, 307)
        assert "redirects are not followed" in str(outcome.error)
        assert inner.got == []


async def test_one_that_does_not_answer_costs_the_time_out(
    client: Client, server: Receiver
) -> None:
    server.behave = hanging
    started = time.monotonic()
    outcome = await client.post(server.url, b"{}", {})
    assert time.monotonic() - started < 2.0
    assert (outcome.ok, outcome.status, outcome.ails) == (False, None, True)
    assert "no answer within" in str(outcome.error)


async def test_an_endless_answer_is_cut_off(client: Client, server: Receiver) -> None:
    server.behave = endless
    started = time.monotonic()
    outcome = await client.post(server.url, b"{}", {})
    assert outcome.ok
    assert len(str(outcome.excerpt)) <= clients.EXCERPT_CHARS
    assert time.monotonic() - started < 2.0


async def test_a_good_answer_that_is_torn_is_a_good_answer(
    client: Client, server: Receiver
) -> None:
    server.behave = torn
    assert (await client.post(server.url, b"{}", {})).ok


async def test_one_that_hangs_up_or_is_not_there_is_a_failure(
    client: Client, server: Receiver
) -> None:
    server.behave = hung_up
    assert not (await client.post(server.url, b"{}", {})).ok
    outcome = await client.post("http://127.0.0.1:9/", b"{}", {})
    assert (outcome.ok, outcome.status) == (False, None)
    assert outcome.error


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "2130706433", "0x7f.1",
        "017700000001", "127.1", "１２７.0.0.1", "127.0.0.1.", "localhost", "169.254.169.254",
        "[fe80::1]", "0",
    ],
)  # fmt: skip
async def test_no_way_of_writing_it_leads_inside(server: Receiver, host: str) -> None:
    port = URL(server.url).port
    client = Client(PLAIN, timeout=1.0)
    try:
        outcome = await client.post(f"http://{host}:{port}/", b"{}", {})
        assert not outcome.ok
        assert server.got == []
        with pytest.raises(InvalidInput):
            await client.check(f"http://{host}:{port}/")
    finally:
        await client.close()


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"], ["::ffff:127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"], ["fd00:ec2::254"],
        ["8.8.8.8", "127.0.0.1"], ["64:ff9b::7f00:1"], [],
    ],
)  # fmt: skip
async def test_a_name_that_leads_inside_is_refused_by_each_of_its_addresses(
    server: Receiver, addresses: list[str]
) -> None:
    client = Client(PLAIN, timeout=1.0, lookup=Names(addresses))
    port = URL(server.url).port
    try:
        outcome = await client.post(f"http://hooks.example.com:{port}/", b"{}", {})
        assert (outcome.ok, outcome.status) == (False, None)
        assert server.got == []
        with pytest.raises(InvalidInput) as raised:
            await client.check(f"http://hooks.example.com:{port}/")
        assert raised.value.field == "url"
    finally:
        await client.close()


async def test_a_name_that_changes_its_mind_is_looked_at_for_each_connection(
    server: Receiver,
) -> None:
    """Good when it was set up, the inside when it is asked: the second answer is looked at too."""
    names = Names(["8.8.8.8"], ["127.0.0.1"])
    client = Client(PLAIN, timeout=1.0, lookup=names)
    port = URL(server.url).port
    try:
        await client.check(f"http://hooks.example.com:{port}/")
        outcome = await client.post(f"http://hooks.example.com:{port}/", b"{}", {})
        assert not outcome.ok
        assert "private" in str(outcome.error)
        assert (server.got, names.asked) == ([], 2)
    finally:
        await client.close()


async def test_the_connection_goes_to_the_address_that_was_looked_at(server: Receiver) -> None:
    """One question for each connection, and its answer is where the message goes."""
    names = Names(["127.0.0.1"], ["127.0.0.9"])
    client = Client(HERE, timeout=1.0, lookup=names)
    port = URL(server.url).port
    try:
        outcome = await client.post(f"http://hooks.example.com:{port}/", b"{}", {})
        assert outcome.ok
        assert names.asked == 1
        assert server.got[0].headers["Host"] == f"hooks.example.com:{port}"
    finally:
        await client.close()


async def test_names_that_hang_do_not_hold_others_up(server: Receiver) -> None:
    async def slow(host: str, _port: int) -> list[str]:
        if host.startswith("slow"):
            await asyncio.sleep(30)
        return ["127.0.0.1"]

    client = Client(HERE, timeout=0.5, lookup=slow)
    port = URL(server.url).port
    try:
        slow_ones = [
            client.post(f"http://slow{n}.example.com:{port}/", b"{}", {}) for n in range(40)
        ]
        tasks = [asyncio.ensure_future(one) for one in slow_ones]
        started = time.monotonic()
        assert (await client.post(f"http://hooks.example.com:{port}/", b"{}", {})).ok
        assert time.monotonic() - started < 0.4
        assert not any(outcome.ok for outcome in await asyncio.gather(*tasks))
    finally:
        await client.close()
