# SPDX-License-Identifier: Apache-2.0
"""Message definitions as bags carry them, read from where ROS packages keep theirs."""

import importlib
import os
import re
from collections.abc import Sequence
from pathlib import Path

from martlet.errors import FlightError

_PRIMITIVE = re.compile(r"bool|byte|char|float(32|64)|u?int(8|16|32|64)|w?string")
_FIELD = re.compile(r"^\s*([A-Za-z][A-Za-z0-9_/]*)(?:<=\d+)?(?:\[[^\]]*\])?\s+[a-zA-Z]\w*")
_RULE = "=" * 80


def message_class(type_: str) -> type:
    """The Python class of a type like "nav_msgs/msg/Odometry".

    Raises:
        FlightError: A package that is not there.
    """
    package, _, name = type_.split("/")
    try:
        found: type = getattr(importlib.import_module(f"{package}.msg"), name)
    except (ImportError, AttributeError) as error:
        raise FlightError(
            f"message type {type_}: expected it to be installed, got: {error}; run `make setup`."
        ) from None
    return found


def definition(type_: str, prefixes: Sequence[Path] | None = None) -> str:
    """A type's definition with those of all that it holds, in the encoding "ros2msg".

    Args:
        type_: Like "nav_msgs/msg/Odometry".
        prefixes: Where packages are installed; AMENT_PREFIX_PATH's where not given.

    Raises:
        FlightError: A definition that is nowhere.
    """
    if prefixes is None:
        prefixes = [Path(p) for p in os.environ.get("AMENT_PREFIX_PATH", "").split(":") if p]
    texts: dict[str, str] = {}
    wanted = [type_]
    while wanted:
        name = wanted.pop(0)
        if name not in texts:
            texts[name] = _text_of(name, prefixes)
            wanted += _held_by(texts[name], package=name.split("/")[0])
    parts = [texts.pop(type_)]
    for name, text in texts.items():
        package, _, short = name.split("/")
        parts.append(f"{_RULE}\nMSG: {package}/{short}\n{text}")
    return "\n".join(parts)


def _text_of(type_: str, prefixes: Sequence[Path]) -> str:
    package, _, name = type_.split("/")
    for prefix in prefixes:
        path = prefix / "share" / package / "msg" / f"{name}.msg"
        if path.is_file():
            return path.read_text()
    raise FlightError(f"message type {type_}: expected its .msg file under AMENT_PREFIX_PATH.")


def _held_by(text: str, package: str) -> list[str]:
    """The types of a definition's fields that are messages themselves."""
    held = []
    for line in text.splitlines():
        found = _FIELD.match(line.split("#")[0])
        if found is None or _PRIMITIVE.fullmatch(found[1]):
            continue
        *where, name = found[1].split("/")
        held.append(f"{where[0] if where else package}/msg/{name}")
    return held
