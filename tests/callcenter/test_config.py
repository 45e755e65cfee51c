"""A configuration is taken whole or refused with the file, the key and what is allowed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from callcenter.config import Config, load, make_data_folder
from callcenter.errors import ConfigError

EXAMPLE = Path(__file__).parents[2] / "callcenter.example.toml"
GOOD = '[ami]\nhost = "10.0.0.1"\nusername = "callcenter"\nsecret = "f3a9c1"\n'


def load_text(tmp_path: Path, text: str, **environ: str) -> Config:
    path = tmp_path / "callcenter.toml"
    path.write_text(text)
    return load(path, environ)


def test_the_least_configuration_is_the_pbx(tmp_path: Path) -> None:
    config = load_text(tmp_path, GOOD)
    assert (config.ami.host, config.ami.port) == ("10.0.0.1", 5038)
    assert config.database_url == f"sqlite:///{Path('data').resolve() / 'callcenter.db'}"


@pytest.mark.parametrize(
    ("text", "key", "says"),
    [
        ("", "ami", r"is required: \[ami\] with host"),
        ("[ami]\nhost = 'h'\nusername = 'u'\n", "ami.secret", "is required"),
        (GOOD + "prot = 1\n", "ami.prot", r"unknown key ami.prot; did you mean ami.port\?"),
        (GOOD + "[zzz]\n", "zzz", "unknown key zzz; allowed: ami, data_dir"),
        (GOOD + "port = '5038'\n", "ami.port", "Expected `int`, got `str`"),
        (GOOD + "port = 70000\n", "ami.port", "<= 65535"),
        (
            GOOD + "[log]\nlevel = 'loud'\n",
            "log.level",
            "Invalid enum value 'loud'; allowed: debug, info, warning, error",
        ),
        (
            GOOD + "[[numbers.trunks]]\nmatch = 'x'\nwrites = 'it'\n",
            "numbers.trunks[0].writes",
            "allowed: e164, e164_no_plus, national, auto",
        ),
        ("ami = 5\n", "ami", "Expected `object`"),
        (GOOD + "[calls]\ninside = ['10XX', '_1!']\n", "calls.inside[1]", r"may hold digits, X"),
        (GOOD + "[calls]\noutside_prefix = '9w'\n", "calls.outside_prefix", "three digits"),
        (GOOD + "[phones]\nwebsocket_url = 'http://x'\n", "phones.websocket_url", "ws://host"),
        (GOOD + "[phones]\nsip_domain = 'a b'\n", "phones.sip_domain", "host name"),
        (GOOD + "[phones]\npjsip_file = '/etc/x'\n", "phones.pjsip_file", r"end with \.conf"),
        (GOOD + "[mail]\nhost = 'smtp.x.org'\n", "mail.sender", "the address that mail comes from"),
        (
            GOOD + "[mail]\nhost = 'smtp.x.org'\nsender = 'a@x.org'\nreply_to = 'b'\n",
            "mail.reply_to",
            "must be an address",
        ),
        (
            GOOD
            + "[mail]\nhost = 'smtp.x.org'\nsender = 'a@x.org'\nencryption = 'none'\n"
            + "username = 'a'\npassword = 'long enough'\n",
            "mail.encryption",
            "in the clear",
        ),
        (
            GOOD + "[mail]\nhost = 'smtp.x.org'\nsender = 'a@x.org'\npassword = 'secret'\n",
            "mail.password",
            "sample password",
        ),
        (GOOD + "[redis]\nurl = 'redis://[::1'\n", "redis.url", "must be redis://"),
        (GOOD + "[database]\nurl = 'postgresql://[x'\n", "database.url", "must be postgresql://"),
        (GOOD + "[web]\npublic_url = 'http://'\n", "web.public_url", "must be http://host"),
        (GOOD + "[web]\npublic_url = 'http://[x'\n", "web.public_url", "must be http://host"),
        (
            GOOD + "[gateway]\npublic_url = 'ws://x; script-src *'\n",
            "gateway.public_url",
            "must be ws://host",
        ),
        (GOOD.replace("10.0.0.1", r"h\r\nAction: x"), "ami.host", "must be one line"),
        (GOOD + '[numbers]\ncountry = "CN\\n"\n', "numbers.country", "must be one line"),
        (r'data_dir = "\u0000"' + "\n" + GOOD, "data_dir", "must be one line"),
        (GOOD + "ca_file = '/not/there'\n", "ami.ca_file", "can be read"),
        (GOOD.replace("f3a9c1", " CHANGE_ME "), "ami.secret", "sample secret"),
        (GOOD + "[database]\nurl = 'mysql://h/d'\n", "database.url", "must be postgresql://"),
        (GOOD + "[redis]\nurl = 'localhost'\n", "redis.url", "must be redis://"),
        (GOOD + "[gateway]\nport = 8080\n", "gateway.port", "must differ from web.port"),
        (GOOD.replace("f3a9c1", "Change-Me"), "ami.secret", "sample secret"),
        (
            GOOD + "[database]\nurl = 'postgresql://u:change-me@h/d'\n",
            "database.url",
            "sample password",
        ),
        ("timezone = 'Mars/Base'\n" + GOOD, "timezone", "not a known time zone"),
        (
            GOOD + "[[numbers.trunks]]\nmatch = 'x'\nwrite = 'e164'\n",
            "numbers.trunks[0].write",
            r"did you mean numbers.trunks\[0\].writes\?",
        ),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, text: str, key: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as refused:
        load_text(tmp_path, text)
    assert refused.value.field == key
    assert str(refused.value).startswith(f"{tmp_path / 'callcenter.toml'}: ")


def test_broken_toml_names_the_file_and_the_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"callcenter\.toml: not valid TOML: .*line 1"):
        load_text(tmp_path, "[ami\n")


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read"):
        load(tmp_path / "none.toml")


def test_the_environment_wins(tmp_path: Path) -> None:
    config = load_text(
        tmp_path,
        GOOD,
        CALLCENTER_AMI_SECRET="from-outside",
        CALLCENTER_AMI_PORT="5039",
        CALLCENTER_AMI_HOST="",
        CALLCENTER_DATA_DIR="/var/lib/callcenter",
    )
    assert (config.ami.secret, config.ami.port, config.ami.host) == (
        "from-outside",
        5039,
        "10.0.0.1",
    )
    assert config.data == Path("/var/lib/callcenter")


def test_a_wrong_value_in_the_environment_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="environment: CALLCENTER_AMI_PORT"):
        load_text(tmp_path, GOOD, CALLCENTER_AMI_PORT="many")


def test_a_file_is_not_needed_for_what_the_environment_says(tmp_path: Path) -> None:
    config = load_text(
        tmp_path,
        "",
        CALLCENTER_AMI_HOST="h",
        CALLCENTER_AMI_USERNAME="u",
        CALLCENTER_AMI_SECRET="s3",
    )
    assert config.ami.username == "u"


def test_the_example_is_refused_for_its_secret_only(tmp_path: Path) -> None:
    text = EXAMPLE.read_text()
    with pytest.raises(ConfigError, match=r"ami\.secret"):
        load_text(tmp_path, text)
    load_text(tmp_path, text, CALLCENTER_AMI_SECRET="f3a9c1")


def test_the_example_shows_every_default_as_it_is(tmp_path: Path) -> None:
    shown = re.sub(r"^# (?=\w+ = )", "", EXAMPLE.read_text(), flags=re.M)
    assert shown != EXAMPLE.read_text()
    given = load_text(tmp_path, shown, CALLCENTER_AMI_SECRET="f3a9c1")
    assert given == load_text(tmp_path, GOOD.replace("10.0.0.1", "127.0.0.1"))


def test_the_environment_does_not_mend_what_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="ami: Expected `object`"):
        load_text(tmp_path, "ami = 5\n", CALLCENTER_AMI_HOST="10.0.0.1")


def test_the_environment_is_told_what_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"CALLCENTER_LANGUAGE: .*; allowed: zh, en"):
        load_text(tmp_path, GOOD, CALLCENTER_LANGUAGE="fr")


def test_the_data_folder_is_for_us_alone(tmp_path: Path) -> None:
    config = load_text(tmp_path, f'data_dir = "{tmp_path}/new/data"\n' + GOOD)
    make_data_folder(config)
    assert config.data.stat().st_mode & 0o777 == 0o700
    make_data_folder(config)  # and it may be there


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    config = load_text(tmp_path, f'data_dir = "{tmp_path}/file/data"\n' + GOOD)
    with pytest.raises(ConfigError) as caught:
        make_data_folder(config)
    assert caught.value.field == "data_dir"
    assert str(tmp_path / "file/data") in str(caught.value)
