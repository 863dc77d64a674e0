# SPDX-License-Identifier: Apache-2.0
"""Names of drones are the namespaces of their topics: which of them make no flight."""

from collections.abc import Sequence

from firmware_bridge.fleet import NAME, RESERVED


def name_faults(drones: Sequence[str]) -> list[str]:
    """What is wrong with drones' names: two alike, or none; one that is used otherwise."""
    if not drones or len(set(drones)) != len(drones):
        return [f"drones: expected one name or more, all different, got {list(drones)}"]
    strange = [name for name in drones if not NAME.fullmatch(name)]
    taken = [name for name in drones if name in RESERVED]
    faults = []
    if strange:
        faults.append(f"drones: expected letters, digits and _, a letter first, got {strange}")
    if taken:
        faults.append(f"drones: expected names other than {', '.join(RESERVED)}, got {taken}")
    return faults
