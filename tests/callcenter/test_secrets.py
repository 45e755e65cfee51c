"""Keys for what is secret at rest: where they come from, what they seal, how they are changed."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from callcenter import secrets
from callcenter.config import Config
from callcenter.config_sections import AmiConfig, SecretsConfig
from callcenter.errors import ConfigError
from callcenter.secrets import Keys, Unreadable

OLD, NEW = b"o" * 32, b"n" * 32


def config(folder: Path, **values: object) -> Config:
    plain = Config(ami=AmiConfig(host="h", username="u", secret="s"), data_dir=str(folder))
    return msgspec.structs.replace(plain, secrets=msgspec.convert(values, SecretsConfig))


def test_a_key_is_made_at_the_first_start_for_us_alone_and_stays(tmp_path: Path) -> None:
    made = secrets.load(config(tmp_path / "data"))
    file = tmp_path / "data" / "secret.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert secrets.load(config(tmp_path / "data")).keys == made.keys
    assert [path.name for path in file.parent.iterdir()] == ["secret.key"]


def test_of_several_who_start_at_once_all_have_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: secrets.load(config(tmp_path)).keys, range(8)))
    assert len(set(made)) == 1


def test_a_key_of_the_configuration_needs_no_file(tmp_path: Path) -> None:
    key = secrets.new_key()
    assert (
        secrets.load(config(tmp_path, key=key)).keys
        == secrets.load(config(tmp_path / "elsewhere", key=f" {key} ")).keys
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("key", ["short", "ä", "QUJD", "x" * 44])
def test_what_is_no_key_is_refused_by_name_and_not_shown(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigError, match=r"secrets\.key: 32 random bytes") as refused:
        secrets.load(config(tmp_path, key=key))
    assert key not in str(refused.value)


def test_an_empty_or_unreadable_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "secret.key").touch()
    for folder, given in ((tmp_path, {}), (tmp_path, {"key_file": str(tmp_path)})):
        with pytest.raises(ConfigError, match=r"secrets\.key_file"):
            secrets.load(config(folder, **given))


def test_what_is_sealed_opens_only_where_it_belongs() -> None:
    box = Keys((NEW,)).box("second factor")
    sealed = box.seal("JBSWY3DP", "user/1")
    assert "JBSWY3DP" not in sealed
    assert sealed != box.seal("JBSWY3DP", "user/1")
    assert box.open(sealed, "user/1") == "JBSWY3DP"
    for other, about, text in (
        (box, "user/2", sealed),
        (Keys((NEW,)).box("recordings"), "user/1", sealed),
        (Keys((OLD,)).box("second factor"), "user/1", sealed),
        (box, "user/1", sealed[:-6] + "AAAA" + sealed[-2:]),
        (box, "user/1", "JBSWY3DP"),
        (box, "user/1", sealed[:14] + "!"),
        (box, "user/1", ""),
    ):
        with pytest.raises(Unreadable):
            other.open(text, about)


def test_after_a_change_of_keys_the_old_one_opens_and_the_new_one_seals() -> None:
    before = Keys((OLD,)).box("x").seal("text", "a")
    box = Keys((NEW, OLD)).box("x")
    assert box.open(before, "a") == "text"
    assert not box.is_current(before)
    after = box.seal(box.open(before, "a"), "a")
    assert box.is_current(after)
    assert Keys((NEW,)).box("x").open(after, "a") == "text"
