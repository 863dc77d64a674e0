# SPDX-License-Identifier: Apache-2.0
"""The policies that come with Martlet: one network each that flies any task."""

from pathlib import Path

from martlet.errors import UsageError

FOLDER = Path(__file__).parents[1] / "policies"

POLICIES = {"cf21_brushless": "universal_brushless.onnx", "cf21_plus": "universal.onnx"}
"""By airframe; the first where none is asked for."""


def shipped_policy(airframe: str | None) -> Path:
    """The file for an airframe.

    Raises:
        UsageError: There is none for it, or it is not there.
    """
    name = POLICIES.get(airframe or next(iter(POLICIES)))
    if name is None:
        raise UsageError(
            f"fly: expected --policy FILE for airframe {airframe!r}, got none; policies come for"
            f" {' and '.join(POLICIES)}."
        )
    if not (FOLDER / name).is_file():
        raise UsageError(
            f"fly: expected --policy FILE, got none, and {FOLDER / name} is not there."
        )
    return FOLDER / name
