# SPDX-License-Identifier: Apache-2.0
"""The CRC-32 over an export's weights and tables: it tells a laptop what a drone has on board."""

import re
from pathlib import Path

from policy_export.errors import FirmwareError

MARK = "src/policy_data.hpp"
"""A folder that holds this is an export."""

_LINE = re.compile(r"^constexpr std::uint32_t kSeal = 0x([0-9a-f]{8})u;$", re.MULTILINE)


def seal_line(crc: int) -> str:
    """As policy_data.hpp holds it."""
    return f"constexpr std::uint32_t kSeal = 0x{crc:08x}u;"


def crc_of(folder: Path) -> int:
    """The CRC-32 of an export.

    Raises:
        FirmwareError: The folder holds none.
    """
    try:
        found = _LINE.search((folder / MARK).read_text())
    except OSError as error:
        raise FirmwareError(f"{folder}: expected an export: {error.strerror}.") from None
    if found is None:
        raise FirmwareError(f"{folder}: expected an export, got none in {MARK}.")
    return int(found[1], 16)
