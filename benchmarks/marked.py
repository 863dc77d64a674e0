# SPDX-License-Identifier: Apache-2.0
"""The part of a document that a script writes: what stands between two markers."""


def replace_between(text: str, begin: str, end: str, lines: list[str]) -> str:
    """Return the text with other lines between its markers; the markers stay.

    Raises:
        ValueError: A marker is missing.
    """
    if begin not in text or end not in text.split(begin, 1)[1]:
        raise ValueError(f"document: expected {begin} and then {end}, got none.")
    before, rest = text.split(begin, 1)
    return "\n".join([before + begin, *lines, end]) + rest.split(end, 1)[1]
