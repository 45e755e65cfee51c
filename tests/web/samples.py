"""The smallest request that a type lets through, so that a test gets behind the check of input."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import inspect as types

TEXTS = ("x", "1", "+8613800138000", "PJSIP/1001", "0" * 32, "0" * 64, "2026-01-05", "08:00")


def sample(kind: Any) -> Any:
    """As JSON has it; fields that may be absent are absent."""
    return _of(types.type_info(kind))


def _of(info: types.Type) -> Any:
    for kinds, make in _MAKERS:
        if isinstance(info, kinds):
            return make(info)
    raise TypeError(f"no sample for {info}")


def _struct(info: Any) -> dict[str, Any]:
    values = {field.encode_name: _of(field.type) for field in info.fields if field.required}
    if info.tag is not None:
        values[info.tag_field] = info.tag
    return values


def _text(info: Any) -> str:
    """The first of a few texts that the limits let through."""
    kind = msgspec.Meta(
        pattern=info.pattern, min_length=info.min_length, max_length=info.max_length
    )
    for text in TEXTS:
        try:
            found: str = msgspec.convert(text, Annotated[str, kind])
        except msgspec.ValidationError:
            continue
        return found
    raise ValueError(f"no sample text for {info}")


def _number(info: Any) -> float | int:
    low: float | int | None = info.ge if info.ge is not None else info.gt
    if low is None:
        return 1
    return low if info.ge is not None else low + 1


def _many(info: Any) -> list[Any]:
    return [_of(info.item_type)] * (getattr(info, "min_length", None) or 0)


def _first(info: Any) -> Any:
    choices = sorted(info.types, key=lambda one: isinstance(one, types.NoneType | types.CustomType))
    return _of(choices[0])


_MAKERS: tuple[tuple[Any, Any], ...] = (
    (types.DateType, lambda _: "2026-01-05"),
    (types.StructType, _struct),
    (types.Metadata, lambda info: _of(info.type)),
    (types.StrType, _text),
    ((types.IntType, types.FloatType), _number),
    (types.BoolType, lambda _: True),
    (types.NoneType, lambda _: None),
    (types.LiteralType, lambda info: info.values[0]),
    (types.EnumType, lambda info: next(iter(info.cls)).value),
    (types.UnionType, _first),
    (types.TupleType, lambda info: [_of(one) for one in info.item_types]),
    ((types.ListType, types.VarTupleType, types.SetType, types.FrozenSetType), _many),
    (types.DictType, lambda _: {}),
    (types.AnyType, lambda _: None),
)
