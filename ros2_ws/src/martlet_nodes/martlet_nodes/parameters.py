# SPDX-License-Identifier: Apache-2.0
"""A node's parameters out of a table: every fault at once, of keys, kinds and ranges; no ROS.

A node's dataclass of parameters refuses what makes no flight with a `ParameterError` that holds all
of that. Here the rest joins it: keys that nobody knows, that are missing, or of another kind.
"""

import dataclasses
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from martlet_nodes.errors import ParameterError
from sim_core.errors import SettingsError
from sim_core.settings_file import build

T = TypeVar("T")


def build_all(cls: type[T], table: Mapping[str, Any], node: str) -> T:
    """The parameters, as the dataclass.

    Args:
        cls: A frozen dataclass; a section of it is one too.
        table: Values by name, sections as tables.
        node: Whose they are.

    Raises:
        ParameterError: All faults in one sentence.
    """
    faults: list[str] = []
    sound = _sound(cls, table, "", faults)
    lacking = _blank(cls, sound)
    try:
        made = cls(**sound, **lacking)
    except ParameterError as error:
        faults += [f for f in error.faults if not _said(f, faults, lacking)]
    else:
        if not faults:
            return made
    raise ParameterError.of(node, faults)


def set_or_refuse(
    cls: type[T],
    node: str,
    table: Mapping[str, Any],
    changes: Sequence[tuple[str, Any]],
    live: Sequence[str],
    apply: Callable[[T], str],
) -> str:
    """Set some of a working node's parameters; tells in one sentence why not.

    Args:
        cls: See `build_all`.
        node: Whose they are.
        table: As they are.
        changes: Names, with dots, and new values.
        live: What the names begin with of those that may be set while the node works.
        apply: Takes the new ones; tells why it does not.
    """
    if not changes:
        return ""
    fixed = [name for name, _ in changes if not name.startswith(tuple(live))]
    if fixed:
        others = f"; while it works, {', '.join(live)} may be" if live else ""
        return f"{node}: expected {', '.join(fixed)} to be set when the node starts{others}."
    try:
        return apply(build_all(cls, changed(table, changes), node))
    except ParameterError as error:
        return str(error)


def sentence_faults(error: Exception, prefix: str = "") -> list[str]:
    """The faults of one of our sentences, "who: this; that.", each with a prefix to its name."""
    _, _, told = str(error).partition(": ")
    return [f"{prefix}{fault}" for fault in told.rstrip(".").split("; ")]


def changed(table: Mapping[str, Any], changes: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """A table with other values; dots in a name are sections."""
    new = {k: dict(v) if isinstance(v, dict) else v for k, v in table.items()}
    for name, value in changes:
        *sections, last = name.split(".")
        inner = new
        for section in sections:
            inner = inner.setdefault(section, {})
        inner[last] = value
    return new


def _sound(
    cls: type[Any], table: Mapping[str, Any], prefix: str, faults: list[str]
) -> dict[str, Any]:
    """The values that are of their kind, one looked at after the other."""
    hints = typing.get_type_hints(cls)
    fields = {field.name: field for field in dataclasses.fields(cls)}
    faults += [
        f"unknown key {prefix + name!r} (known: {', '.join(fields)})"
        for name in table
        if name not in fields
    ]
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name not in table:
            if field.default is field.default_factory is dataclasses.MISSING:
                faults.append(f"missing key {prefix + name!r}")
            continue
        hint, value = hints[name], table[name]
        if dataclasses.is_dataclass(hint) and isinstance(value, Mapping):
            inner = _sound(typing.cast(type[Any], hint), value, f"{prefix}{name}.", faults)
            values[name] = hint(**inner)  # type: ignore[operator]
            continue
        one = dataclasses.make_dataclass("One", [(name, hint)])
        try:
            values[name] = getattr(build(one, {name: value}, ""), name)
        except SettingsError as error:
            faults += sentence_faults(error, prefix)
    return values


def _blank(cls: type[Any], sound: Mapping[str, Any]) -> dict[str, Any]:
    """Something for each value that must be there and is not, so that the others are looked at."""
    hints = typing.get_type_hints(cls)
    return {
        field.name: (typing.get_origin(hints[field.name]) or hints[field.name])()
        for field in dataclasses.fields(cls)
        if field.default is field.default_factory is dataclasses.MISSING and field.name not in sound
    }


def _said(fault: str, faults: list[str], lacking: Mapping[str, Any]) -> bool:
    """Whether something is said of the same parameter already."""
    name = fault.partition(":")[0]
    said = {before.partition(":")[0].partition("[")[0] for before in faults}
    return name in said or name in lacking
