"""Any S3-compatible store as a place, through obstore; the only module that knows the library."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

from recording.store.places import NotThere, PlaceAway

if TYPE_CHECKING:
    from obstore.store import S3Config

AT_ONCE = 256 * 1024  # bytes given on at a time
PART = 8 << 20  # bytes; what is larger goes up in parts of this size
PARTS_AT_ONCE = 2  # and so much of one file is in memory
TRIES = 2  # of the library; ours come after, further and further apart
LONGEST_WORDS = 200  # characters


@dataclass(frozen=True, slots=True)
class Bucket:
    """`endpoint` empty: Amazon's own for the region."""

    name: str
    endpoint: str = ""
    region: str = "us-east-1"
    prefix: str = ""
    access_key: str = ""
    secret_key: str = field(default="", repr=False)
    timeout: float = 60.0  # seconds for one request


class S3Place:
    """Uploads carry a SHA-256 that the store checks; they are read back all the same."""

    def __init__(self, bucket: Bucket) -> None:
        self._prefix = f"{bucket.prefix.strip('/')}/" if bucket.prefix.strip("/") else ""
        config: S3Config = {
            "region": bucket.region,
            "access_key_id": bucket.access_key,
            "secret_access_key": bucket.secret_key,
            "checksum_algorithm": "sha256",
            "virtual_hosted_style_request": not bucket.endpoint,
            "disable_bulk_delete": True,  # not every store has it, and we delete one by one
        }
        if bucket.endpoint:
            config["endpoint"] = bucket.endpoint
        self._store = S3Store(
            bucket.name,
            config=config,
            client_options={
                "allow_http": bucket.endpoint.startswith("http://"),
                "timeout": timedelta(seconds=bucket.timeout),
                "connect_timeout": timedelta(seconds=min(5.0, bucket.timeout)),
            },
            retry_config={
                "max_retries": TRIES,
                "retry_timeout": timedelta(seconds=2 * bucket.timeout),
            },
        )

    async def put(self, key: str, file: Path) -> None:
        if not file.is_file():  # noqa: ASYNC240 - one look, at a file of ours
            raise NotThere(f"{file.name} is gone")
        try:
            await obstore.put_async(
                self._store,
                self._prefix + key,
                file,
                chunk_size=PART,
                max_concurrency=PARTS_AT_ONCE,
            )
        except FileNotFoundError as error:
            raise NotThere(str(error)) from None
        except (BaseError, OSError) as error:
            raise PlaceAway(_words(error)) from error

    async def read(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        if end <= start:
            return
        try:
            found = await obstore.get_async(
                self._store, self._prefix + key, options={"range": (start, end)}
            )
            async for piece in found.stream(min_chunk_size=AT_ONCE):
                yield bytes(piece)
        except (NotFoundError, FileNotFoundError) as error:
            raise NotThere(_words(error)) from None
        except (BaseError, OSError) as error:
            raise PlaceAway(_words(error)) from error

    async def size(self, key: str) -> int | None:
        try:
            return (await obstore.head_async(self._store, self._prefix + key))["size"]
        except (NotFoundError, FileNotFoundError):
            return None
        except (BaseError, OSError) as error:
            raise PlaceAway(_words(error)) from error

    async def delete(self, key: str) -> None:
        try:
            await obstore.delete_async(self._store, self._prefix + key)
        except (NotFoundError, FileNotFoundError):
            return
        except (BaseError, OSError) as error:
            raise PlaceAway(_words(error)) from error


def _words(error: BaseException) -> str:
    """One line for people; the library's text has the whole answer of the store in it."""
    line = next(iter(str(error).splitlines()), "")
    return f"{type(error).__name__}: {line}"[:LONGEST_WORDS]
