# SPDX-License-Identifier: Apache-2.0
"""Launch arguments, which are texts, as the fields of a frozen dataclass: every fault at once.

It imports the standard library alone: the launch files read it with the Python of `ros2 launch`.
"""

import dataclasses
import difflib
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, get_args

T = TypeVar("T")

_WORDS = {int: "a whole number", float: "a number"}


class ArgumentError(ValueError):
    """Launch arguments that make no sense."""


def values_of(cls: type[T], texts: Mapping[str, str]) -> T:
    """The arguments' texts as a dataclass, by the types of its fields.

    Args:
        cls: Of texts, flags, numbers, and tuples of texts or of numbers.
        texts: One for each field; a tuple's items are separated by commas.

    Raises:
        ArgumentError: All faults in one sentence.
    """
    faults: list[str] = []
    values = {
        field.name: _value(field.name, field.type, texts[field.name].strip(), faults)
        for field in dataclasses.fields(cls)  # type: ignore[arg-type]
    }
    if faults:
        raise ArgumentError(f"{'; '.join(faults)}.")
    return cls(**values)


def refuse_strangers(words: Iterable[str], known: Iterable[str]) -> None:
    """Refuse launch arguments that nobody reads: launch itself takes any.

    Args:
        words: Of the command line, like `drones:=cf1`.
        known: Names of the arguments that there are.

    Raises:
        ArgumentError: All strangers in one sentence.
    """
    known = list(known)
    strangers = [name for name, sign, _ in (w.partition(":=") for w in words) if sign]
    strangers = [name for name in dict.fromkeys(strangers) if name not in known]
    if not strangers:
        return
    told = []
    for name in strangers:
        near = difflib.get_close_matches(name, known, n=1)
        told.append(f"{name} (perhaps {near[0]})" if near else name)
    raise ArgumentError(
        f"launch argument {', '.join(told)}: expected one of {', '.join(known)};"
        " --show-args explains them."
    )


def text_of(value: object) -> str:
    """A field's default as the text of a launch argument."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _value(name: str, kind: Any, text: str, faults: list[str]) -> Any:
    if kind is bool:
        if text not in ("true", "false"):
            faults.append(f"{name}: expected true or false, got {text!r}")
        return text == "true"
    if kind in (int, float, str):
        return _one(name, kind, text, faults)
    of = get_args(kind)[0]
    return tuple(_one(name, of, part.strip(), faults) for part in text.split(",") if part.strip())


def _one(name: str, kind: Any, text: str, faults: list[str]) -> Any:
    try:
        return kind(text)
    except ValueError:
        faults.append(f"{name}: expected {_WORDS[kind]}, got {text!r}")
        return None
