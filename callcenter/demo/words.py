"""What the demo says in the terminal, in Chinese and in English."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from callcenter.demo.people import SignIn
from callcenter.terminal import say
from web.auth.rights import Role

_ROLES = {
    Role.AGENT: "坐席 agent",
    Role.SUPERVISOR: "班长 supervisor",
    Role.ACCOUNT_MANAGER: "客户经理 sales",
    Role.ADMINISTRATOR: "管理员 administrator",
}


@contextmanager
def step(chinese: str, english: str) -> Iterator[None]:
    """Say how long this took, when it is done."""
    began = time.monotonic()
    yield
    say(f"  [{time.monotonic() - began:5.1f} s] {chinese} · {english}")


def no_pbx(reason: str) -> None:
    """There is no PBX here, and what comes instead."""
    say("  没有真实的 Asterisk：下面的来电是录制的 AMI 数据，经真实的 TCP 连接回放，没有声音。")
    say("  No real Asterisk here: the calls you see are recorded AMI traces, played through a real")
    say("  TCP socket; they have no sound.")
    say(f"    ({reason})")


def invite(address: str, sign_ins: tuple[SignIn, ...], traffic: tuple[str, str], log: str) -> None:
    """Where the page is, who may sign in, and what is going on."""
    say()
    say(f"  打开 · open    {address}")
    say()
    rows = [("角色 role", "用户名 user", "密码 password")]
    rows += [(_ROLES[who.role], who.username, who.password) for who in sign_ins]
    for role, user, password in rows:
        say(f"    {_padded(role, 24)}{_padded(user, 16)}{password}")
    say("    密码是生成的，只在这里显示一次 · generated, shown only here and now")
    say()
    for line in traffic:
        say(f"  {line}")
    say(f"  日志 · log     {log}")
    say("  Ctrl-C 结束一切 · Ctrl-C ends everything it started")
    say()


def _padded(text: str, width: int) -> str:
    """Padded to columns of a terminal, in which a Chinese letter takes two."""
    taken = sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
    return text + " " * max(1, width - taken)
