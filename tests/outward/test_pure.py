"""Which addresses are asked, how messages are signed and when they are tried again."""

from __future__ import annotations

import base64
import hashlib
import hmac
from ipaddress import ip_address

import pytest

from callcenter.errors import InvalidInput
from callcenter.outward import signing
from callcenter.outward.addresses import Policy, check_url, refusal, shown
from callcenter.outward.backoff import DAY, PATIENCE, PAUSES, Kind, Outcome, again, rest
from callcenter.outward.backoff import retry_after as seconds_of

STRICT = Policy()
PRIVATE = [
    "127.0.0.1", "127.8.9.10", "0.0.0.0",  # noqa: S104 - a text
    "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1",
    "169.254.169.254", "192.0.0.8", "198.18.0.1", "203.0.113.9", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "::", "::1", "fe80::1", "fe80::a9fe:a9fe", "fc00::1", "fd00:ec2::254",
    "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "::127.0.0.1", "2001:db8::1",
]  # fmt: skip
PUBLIC = [
    "8.8.8.8",
    "114.114.114.114",
    "2606:4700:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_on_the_public_network_is_refused(address: str) -> None:
    assert refusal(ip_address(address), STRICT) is not None


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_on_it_is_asked(address: str) -> None:
    assert refusal(ip_address(address), STRICT) is None


def test_what_is_allowed_by_name_may_be_asked_and_nothing_beside_it() -> None:
    policy = Policy.of(["10.0.0.0/8", "::1/128"], plain=False)
    for allowed in ("10.9.9.9", "::ffff:10.9.9.9", "::1"):
        assert refusal(ip_address(allowed), policy) is None
    for other in ("192.168.0.1", "127.0.0.1", "::ffff:192.168.0.1"):
        assert refusal(ip_address(other), policy) is not None


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "224.0.0.1", "0.0.0.0"])  # noqa: S104
def test_some_are_never_asked_whatever_is_allowed(address: str) -> None:
    everything = Policy.of(["0.0.0.0/0", "::/0"], plain=True)
    assert refusal(ip_address(address), everything) is not None


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/", "ftp://hooks.example.com/", "file:///etc/passwd", "//x/",
        "https://", "https:///path", "https://user:secret@hooks.example.com/",
        "https://127.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/",
        "https://[fe80::1%25eth0]/",
        "https://169.254.169.254/latest/meta-data", "https://hooks.example.com:99999/",
        "https://hooks.example.com:0/", "https://hooks.example.com/\r\nHost: x",
        "https://hooks.example.com\\@127.0.0.1/", "https://a b/", "https://x/" + "a" * 2_000,
        "https://[::1", "javascript:alert(1)", "",
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_a_target_is_refused_by_name(url: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        check_url(url, STRICT)
    assert raised.value.field == "url"


def test_plain_http_is_for_who_configured_it() -> None:
    url = "http://helpdesk.example.com/api/v1/cti/abc"
    assert check_url(url, Policy(plain=True)) == url


def test_what_may_be_a_secret_in_an_address_is_not_shown() -> None:
    url = "https://help.example.com:8443/api/v1/cti/8f3a9b2c4d5e6f70?key=1#x"
    assert shown(url) == "https://help.example.com:8443/api/v1/cti/…?…"


def test_a_signature_is_that_of_the_standard() -> None:
    """The example of the Standard Webhooks specification's own libraries."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    signed = signing.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", body, [secret], now=1614265330.9)
    assert signed == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_while_a_secret_is_replaced_both_sign() -> None:
    old, new = signing.written(b"o" * 32), signing.written(b"n" * 32)
    given = signing.headers("msg_1", b"{}", [new, old], now=1.0)["webhook-signature"].split(" ")
    for secret, signature in zip((b"n" * 32, b"o" * 32), given, strict=True):
        made = hmac.new(secret, b"msg_1.1.{}", hashlib.sha256).digest()
        assert signature == "v1," + base64.b64encode(made).decode()


FAILED = Outcome(ok=False, status=500)


@pytest.mark.parametrize("kind", ["webhook", "cti"])
def test_pauses_grow_and_come_to_an_end(kind: Kind) -> None:
    now, tried = 1000.0, 1
    pauses = []
    while (at := again(kind, tried, FAILED, created=1000.0, now=now)) is not None:
        pauses.append(at - now)
        now, tried = at, tried + 1
    assert pauses == sorted(pauses)
    assert tried > 4
    assert now - 1000.0 <= PATIENCE[kind]
    assert len(pauses) <= len(PAUSES[kind])


def test_a_helpdesk_that_refused_is_not_asked_again_but_a_webhook_is() -> None:
    refused = Outcome(ok=False, status=422)
    assert again("cti", 1, refused, created=0.0, now=0.0) is None
    assert again("webhook", 1, refused, created=0.0, now=0.0) is not None
    busy = Outcome(ok=False, status=429, retry_after=7.0)
    assert again("cti", 1, busy, created=0.0, now=0.0) == 7.0


def test_a_target_may_wish_for_patience_but_not_for_a_year() -> None:
    wish = Outcome(ok=False, status=503, retry_after=365 * DAY)
    assert again("webhook", 1, wish, created=0.0, now=0.0) == 3600.0


def test_what_never_can_go_out_is_given_up_at_once() -> None:
    never = Outcome(ok=False, for_good=True)
    assert again("webhook", 1, never, created=0.0, now=0.0) is None


def test_a_target_that_fails_is_left_in_peace_longer_and_longer() -> None:
    rests = [rest("webhook", failures) for failures in range(40)]
    assert rests[0] == 0.0
    assert rests == sorted(rests)
    assert rests[-1] == 300.0
    assert rest("cti", 40) == 10.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7.0), (None, None), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("-1", None)],
)  # fmt: skip
def test_only_plain_seconds_are_a_wish(text: str | None, seconds: float | None) -> None:
    assert seconds_of(text) == seconds
