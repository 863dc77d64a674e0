# SPDX-License-Identifier: Apache-2.0
"""The remappings of a command line that concern every node of a process."""

from collections.abc import Sequence

_FLAGS = ("-r", "--remap")
_OWN = ("__node", "__name")
"""Left out: two nodes of one name are none's."""


def remapped(words: Sequence[str]) -> list[str]:
    """The words that remap topics, services, or the namespace, as a node's own arguments.

    Args:
        words: Of a command line, with `--ros-args` in it or without.
    """
    rules: list[str] = []
    inside = False
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word in ("--ros-args", "--"):
            inside = word == "--ros-args"
        elif inside and word in _FLAGS and not following.partition(":=")[0].endswith(_OWN):
            rules += ["-r", following]
    return ["--ros-args", *rules] if rules else []
