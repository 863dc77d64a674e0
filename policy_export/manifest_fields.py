# SPDX-License-Identifier: Apache-2.0
"""The form of a manifest: which fields, of which type, in which range; every fault is named."""

import math
from collections.abc import Callable
from typing import Any

from sim_core.action_kinds import MOTORS, RATE_THRUST

Check = Callable[[Any, str], list[str]]
"""From a value and its name to the faults found."""


def _fault(name: str, expected: str, value: Any) -> list[str]:
    shown = repr(value)
    shown = shown if len(shown) <= 40 else shown[:39] + "…"
    return [f"{name}: expected {expected}, got {shown}"]


def text(value: Any, name: str) -> list[str]:
    """A text that is not empty."""
    ok = isinstance(value, str) and value != ""
    return [] if ok else _fault(name, "a text", value)


def integer(low: int, high: int = 2**53) -> Check:
    """A whole number from `low` to `high`."""

    def run(value: Any, name: str) -> list[str]:
        ok = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        return [] if ok else _fault(name, f"a whole number from {low} to {high}", value)

    return run


def number(low: float, *, above: bool = False) -> Check:
    """A finite number, at least (or above) `low`."""

    def run(value: Any, name: str) -> list[str]:
        ok = isinstance(value, int | float) and not isinstance(value, bool)
        ok = ok and math.isfinite(value) and (value > low if above else value >= low)
        word = "above" if above else "of at least"
        return [] if ok else _fault(name, f"a finite number {word} {low:g}", value)

    return run


def one_of(*known: Any) -> Check:
    """One of a few values."""

    def run(value: Any, name: str) -> list[str]:
        ok = any(type(value) is type(k) and value == k for k in known)
        return [] if ok else _fault(name, " or ".join(map(repr, known)), value)

    return run


def listing(item: Check, size: int | None = None) -> Check:
    """A list of `size` items, or of one or more."""

    def run(value: Any, name: str) -> list[str]:
        wanted = f"a list of {size}" if size else "a list of one or more"
        if not isinstance(value, list | tuple) or len(value) != (size or max(len(value), 1)):
            return _fault(name, wanted, value)
        return [fault for i, v in enumerate(value) for fault in item(v, f"{name}[{i}]")]

    return run


def span(value: Any, name: str) -> list[str]:
    """Two numbers, the lower first."""
    faults = listing(number(0.0), 2)(value, name)
    if not faults and not value[0] < value[1]:
        faults = _fault(name, "the lower limit first", value)
    return faults


def hex_digest(value: Any, name: str) -> list[str]:
    """64 hexadecimal digits."""
    ok = isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")
    return [] if ok else _fault(name, "64 hexadecimal digits", value)


def anything(value: Any, name: str) -> list[str]:
    """Any table of JSON values with text keys and finite numbers, free of a second seal."""
    if not isinstance(value, dict):
        return _fault(name, "a table", value)
    return _json_faults(value, name)


def _json_faults(value: Any, name: str) -> list[str]:
    if isinstance(value, dict):
        faults = [f for k in value if not isinstance(k, str) for f in _fault(name, "text keys", k)]
        if "sha256" in value:
            faults += _fault(name, "no key 'sha256'", "one")
        return faults + [f for k, v in value.items() for f in _json_faults(v, f"{name}.{k}")]
    if isinstance(value, list | tuple):
        return [f for i, v in enumerate(value) for f in _json_faults(v, f"{name}[{i}]")]
    if isinstance(value, float) and not math.isfinite(value):
        return _fault(name, "a finite number", value)
    if value is None or isinstance(value, str | bool | int | float):
        return []
    return _fault(name, "a JSON value", value)


def table(fields: dict[str, Check]) -> Check:
    """A table with exactly these fields."""
    return lambda value, name: check(value, fields, f"{name}.")


def _action(value: Any, name: str) -> list[str]:
    """A table with the fields of its kind."""
    kind = value.get("kind") if isinstance(value, dict) else None
    if isinstance(value, dict) and "kind" in value and kind not in tuple(_ACTIONS):
        return one_of(*_ACTIONS)(kind, f"{name}.kind")
    return check(value, _ACTIONS[kind or RATE_THRUST], f"{name}.")


def check(value: Any, fields: dict[str, Check], prefix: str = "") -> list[str]:
    """Every fault of a table against its fields: unknown, missing, wrong."""
    if not isinstance(value, dict):
        return _fault(prefix.rstrip(".") or "manifest", "a table", value)
    faults = [f"unknown field {prefix + str(key)!r}" for key in value if key not in fields]
    for key, run in fields.items():
        if key in value:
            faults += run(value[key], prefix + key)
        else:
            faults.append(f"{prefix}{key}: missing")
    return faults


_OBSERVATION = {"name": text, "size": integer(1), "unit": text, "frame": text}
FULL_SCALE = "65535 counts"
"""Of a motor's command."""

_ACTIONS: dict[str, dict[str, Check]] = {
    RATE_THRUST: {
        "kind": text,
        "thrust_n": span,
        "body_rates_rad_s": listing(number(0.0, above=True), 3),
    },
    MOTORS: {"kind": text, "unit": one_of(FULL_SCALE), "motors": span, "hover": number(0.0)},
}
_TRAINING = {
    "commit": text,
    "seed": integer(0),
    "steps": integer(0),
    "settings": anything,
}

FIELDS: dict[str, Check] = {
    "format": one_of(1),
    "observation": listing(table(_OBSERVATION)),
    "control_rate_hz": number(0.0, above=True),
    "action": _action,
    "airframes": listing(text),
    "tasks": listing(text),
    "history_length": integer(0),
    "hover_thrust_n": number(0.0, above=True),
    "training": table(_TRAINING),
    "evaluation": anything,
    "sha256": hex_digest,
}
