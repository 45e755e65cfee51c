"""The documentation of the frames is made from their types and not older than they are."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from screenpop import frames, schema

DOCS = Path(__file__).parents[2] / "docs"
RENEW = "stale: run `python -m screenpop.schema`"


def test_the_schema_is_that_of_the_types() -> None:
    assert (DOCS / "frames.schema.json").read_bytes() == schema.schema(), RENEW


def test_the_page_is_that_of_the_types() -> None:
    page = (DOCS / "protocol.md").read_text("utf-8")
    assert page == schema.filled(page), RENEW


def test_every_frame_has_its_example() -> None:
    assert schema.undocumented() == set()


def test_every_close_code_is_explained() -> None:
    page = (DOCS / "protocol.md").read_text("utf-8")
    for code in frames.CloseCode:
        assert f"| {code.value} | `{code.name}` |" in page


def test_every_example_is_a_frame_again() -> None:
    for example in schema.EXAMPLES:
        way = frames.ClientFrame if isinstance(example, frames.Client) else frames.ServerFrame
        assert msgspec.json.decode(msgspec.json.encode(example), type=way) == example


def test_every_reference_in_the_schema_resolves() -> None:
    document = json.loads(schema.schema())

    def references(node: object) -> set[str]:
        if isinstance(node, dict):
            own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
            return own.union(*(references(child) for child in node.values()))
        if isinstance(node, list):
            return set().union(*(references(child) for child in node))
        return set()

    known = {f"#/$defs/{name}" for name in document["$defs"]}
    assert references(document) <= known
