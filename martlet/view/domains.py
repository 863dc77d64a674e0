# SPDX-License-Identifier: Apache-2.0
"""Which flight to watch: the DDS domains that flights on this machine have taken."""

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from martlet.errors import UsageError
from martlet.flight.domain import domain_number

_LOCK = re.compile(r"martlet-domain-(\d+)-\d+\.lock")


@dataclass(frozen=True)
class Watched:
    """A flight's domain, and the folder of its run, where it is known."""

    domain: int
    run: Path | None


def watched(env: Mapping[str, str], locks: Path | None = None, table: str | None = None) -> Watched:
    """The flight to watch: ROS_DOMAIN_ID's, or the only one there is.

    Args:
        env: The environment.
        locks: The folder of the domains' lock files; the system's for temporary files.
        table: The kernel's table of locks; /proc/locks where not given.

    Raises:
        UsageError: No domain is named, and not one flight is running but none or several.
    """
    flights = _flights(locks or Path(tempfile.gettempdir()), table)
    wish = env.get("ROS_DOMAIN_ID", "").strip()
    if wish:
        number = domain_number(wish)
        return Watched(number, flights.get(number))
    if not flights:
        raise UsageError(
            "view: expected a flight of `martlet fly` to be running, found none;"
            " name a run or a bag, or set ROS_DOMAIN_ID."
        )
    if len(flights) > 1:
        named = ", ".join(str(number) for number in sorted(flights))
        raise UsageError(
            f"view: expected one flight, found some on domains {named}: set ROS_DOMAIN_ID to one."
        )
    return Watched(*flights.popitem())


def _flights(locks: Path, table: str | None) -> dict[int, Path | None]:
    """Domains that a process holds, by the kernel's table: to try the lock would be to take it."""
    held = table if table is not None else Path("/proc/locks").read_text()
    found: dict[int, Path | None] = {}
    for path in locks.iterdir():
        name = _LOCK.fullmatch(path.name)
        if name is None:
            continue
        # Which device the kernel names is not what stat says on some file systems: the inode is.
        if re.search(rf"FLOCK .*:{path.stat().st_ino} ", held):
            told = path.read_text(errors="replace").strip()
            found[int(name[1])] = Path(told) if told else None
    return found
