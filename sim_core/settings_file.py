# SPDX-License-Identifier: Apache-2.0
"""TOML files into frozen dataclasses, strictly: every fault of a file at once, each by its name."""

import dataclasses
import difflib
import sys
import tomllib
import types
import typing
from pathlib import Path
from typing import Any, TypeVar

from sim_core.errors import SettingsError

T = TypeVar("T")


def decode_text(raw: bytes, where: str, error: type[SettingsError] = SettingsError) -> str:
    """Text of a file, which must be UTF-8; a stray byte is named with its line and column."""
    try:
        return raw.decode()
    except UnicodeDecodeError as fault:
        line = raw.count(b"\n", 0, fault.start) + 1
        column = fault.start - raw.rfind(b"\n", 0, fault.start)
        raise error(
            f"{where}: expected UTF-8 text, got byte 0x{raw[fault.start]:02x}"
            f" (at line {line}, column {column})."
        ) from None


def parse_toml(
    raw: bytes, where: str, error: type[SettingsError] = SettingsError
) -> dict[str, Any]:
    """Table of a TOML text.

    Args:
        raw: The file's bytes.
        where: What to call the file in a refusal.
        error: The class of the refusal.
    """
    try:
        return tomllib.loads(decode_text(raw, where, error))
    except tomllib.TOMLDecodeError as fault:
        raise error(f"{where}: not TOML: {fault}.") from None


def read_toml_file(path: Path) -> dict[str, Any]:
    """Table of a TOML file."""
    try:
        raw = path.read_bytes()
    except OSError as fault:
        raise SettingsError(f"{path}: cannot be read: {fault.strerror}.") from None
    return parse_toml(raw, str(path))


def override(table: dict[str, Any], assignments: typing.Iterable[str], where: str) -> None:
    """Set values in a table, in place.

    Args:
        table: As read from a file.
        assignments: Texts like `start.position_m=0.5`; the value is TOML.
        where: What to call the table in a refusal.
    """
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        *sections, name = key.strip().split(".")
        inner = table
        for section in sections:
            inner = inner.get(section, {}) if isinstance(inner, dict) else {}
        if not equals or not isinstance(inner, dict) or name not in inner:
            near = difflib.get_close_matches(key.strip(), _keys_of(table), 3, 0.75)
            meant = f" (near it: {', '.join(near)})" if near else ""
            raise SettingsError(f"{where}: --set: expected KEY=VALUE of a known key, got"
                                f" {assignment!r}{meant}.")  # fmt: skip
        inner[name] = _value_of(text.strip(), assignment)


def _keys_of(table: dict[str, Any], prefix: str = "") -> list[str]:
    """Names of all values of a table, like start.position_m."""
    found = []
    for name, value in table.items():
        inner = _keys_of(value, f"{prefix}{name}.") if isinstance(value, dict) else []
        found += inner or [prefix + name]
    return found


def _value_of(text: str, assignment: str) -> Any:
    try:
        table = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        table = {}
    if list(table) == ["value"]:
        return table["value"]
    raise SettingsError(
        f'--set {" ".join(assignment.split())}: expected a TOML value (0.5, true, [1, 2], "text"'
        f" with its quotes), got {' '.join(text.split()) or 'none'}."
    )


def build(cls: type[T], table: dict[str, Any], where: str) -> T:
    """Make a frozen dataclass of floats, ints, texts, tuples, lists and sections from a table.

    Raises:
        SettingsError: Missing, unknown or ill-typed keys, all of them in one sentence.
    """
    faults: list[str] = []
    made = _build(cls, table, "", faults)
    if faults:
        raise SettingsError(f"{where}: {'; '.join(faults)}.")
    return typing.cast(T, made)


def _build(cls: type[Any], table: dict[str, Any], prefix: str, faults: list[str]) -> Any:
    hints = typing.get_type_hints(cls)
    fields = {f.name: f for f in dataclasses.fields(cls)}
    faults += [
        f"unknown key {prefix + name!r} (known: {', '.join(fields)})"
        for name in table
        if name not in fields
    ]
    values = {}
    for name, field in fields.items():
        if name in table:
            values[name] = _convert(hints[name], table[name], prefix + name, faults)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            faults.append(f"missing key {prefix + name!r}")
    return None if faults else cls(**values)


def _convert(hint: Any, value: Any, name: str, faults: list[str]) -> Any:
    # What may be left out; a Literal makes the older kind of union.
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        inner = next(h for h in typing.get_args(hint) if h is not type(None))
        return None if value is None else _convert(inner, value, name, faults)
    if dataclasses.is_dataclass(hint):
        if isinstance(value, dict):
            return _build(typing.cast(type[Any], hint), value, f"{name}.", faults)
        faults.append(f"{name}: expected a section, got {value!r}")
        return None
    if typing.get_origin(hint) is typing.Literal:
        if value not in typing.get_args(hint):
            words = ", ".join(map(str, typing.get_args(hint)))
            faults.append(f"{name}: expected one of {words}, got {value!r}")
        return value
    if typing.get_origin(hint) is tuple and typing.get_args(hint)[1:] == (Ellipsis,):
        item = typing.get_args(hint)[0]
        if isinstance(value, list | tuple):
            return tuple(_convert(item, v, f"{name}[{n}]", faults) for n, v in enumerate(value))
        faults.append(f"{name}: expected a list, got {value!r}")
        return None
    if typing.get_origin(hint) is tuple:
        items = typing.get_args(hint)
        if isinstance(value, list) and len(value) == len(items):
            pairs = zip(items, value, strict=True)
            return tuple(_convert(i, v, f"{name}[{n}]", faults) for n, (i, v) in enumerate(pairs))
        faults.append(f"{name}: expected {len(items)} values, got {value!r}")
        return None
    if isinstance(hint, types.GenericAlias):
        if not isinstance(value, typing.get_origin(hint)):
            faults.append(f"{name}: expected a section, got {value!r}")
        return value
    return _scalar(hint, value, name, faults)


def is_finite_number(value: object) -> bool:
    """Whether a value of a file is a whole number or a float that float64 can hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= sys.float_info.max  # false for nan too, and no overflow for huge integers


def _scalar(hint: Any, value: Any, name: str, faults: list[str]) -> Any:
    if hint is float and is_finite_number(value):
        return float(value)
    if hint in (int, str, bool) and type(value) is hint:
        return value
    words = {float: "a finite number", int: "a whole number", str: "a text", bool: "true or false"}
    faults.append(f"{name}: expected {words[hint]}, got {value!r}")
    return None
