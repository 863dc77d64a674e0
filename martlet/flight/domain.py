# SPDX-License-Identifier: Apache-2.0
"""A DDS domain of one's own: two flights that hear each other would command each other's drones."""

import fcntl
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO

from martlet.errors import UsageError

# RTPS 2.5, 9.6.2.3: a domain's UDP ports begin at 7400 + 250 · domain.
PORT_BASE, DOMAIN_GAIN = 7400, 250
HIGHEST = 232
"""The domain whose ports are the last below 65536."""

CHOICE = range(42, 102)
"""To choose from: above 101 lie Linux's ephemeral ports, and the low ones are in people's use."""


class Domain:
    """A domain taken by this process, until it lets go or dies; a context manager.

    Attributes:
        number: The domain id.
    """

    def __init__(self, number: int, lock: IO[bytes]) -> None:
        """See `take_domain`."""
        self.number = number
        self._lock = lock

    def tell(self, run: Path) -> None:
        """Tell whoever looks at the flight in this domain where its run's folder is."""
        self._lock.truncate(0)
        self._lock.write(str(run.absolute()).encode())
        self._lock.flush()

    def outlive(self) -> None:
        """Keep the domain for the program that this process becomes."""
        os.set_inheritable(self._lock.fileno(), True)

    def __enter__(self) -> "Domain":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.close()


def take_domain(
    env: Mapping[str, str], ports_in_use: Callable[[], set[int]] | None = None
) -> Domain:
    """Take the domain that ROS_DOMAIN_ID names, or else a free one.

    Args:
        env: The environment.
        ports_in_use: Returns this machine's UDP ports in use; /proc's where not given.

    Raises:
        UsageError: ROS_DOMAIN_ID is no domain, or another flight has it; or none is free.
    """
    wish = env.get("ROS_DOMAIN_ID", "").strip()
    if wish:
        domain = _lock(domain_number(wish))
        if domain is None:
            raise UsageError(
                f"ROS_DOMAIN_ID: domain {wish} is another flight's: unset it, or name another."
            )
        return domain
    used = (ports_in_use or udp_ports_in_use)()
    for number in CHOICE:
        first = PORT_BASE + DOMAIN_GAIN * number
        if used.isdisjoint(range(first, first + DOMAIN_GAIN)):
            domain = _lock(number)
            if domain is not None:
                return domain
    raise UsageError(
        f"expected a free DDS domain from {CHOICE[0]} to {CHOICE[-1]}, found all in use:"
        " set ROS_DOMAIN_ID to one."
    )


def domain_number(text: str, where: str = "ROS_DOMAIN_ID") -> int:
    """A domain by its number.

    Args:
        text: The number.
        where: It was named.

    Raises:
        UsageError: It is no domain.
    """
    if not text.isdecimal() or int(text) > HIGHEST:
        raise UsageError(f"{where}: expected 0 to {HIGHEST}, got {text!r}.")
    return int(text)


def domains_taken() -> list[int]:
    """The domains of flights that are under way on this machine, by this user."""
    table = Path("/proc/locks")  # trying the locks would keep a flight out that begins just now
    lines = table.read_text().splitlines() if table.exists() else []
    locked = {int(w[5].rpartition(":")[2]) for line in lines if "FLOCK" in (w := line.split())}
    return sorted(
        int(path.name.split("-")[2])
        for path in Path(tempfile.gettempdir()).glob(f"martlet-domain-*-{os.getuid()}.lock")
        if path.stat().st_ino in locked
    )


def udp_ports_in_use() -> set[int]:
    """UDP ports that somebody on this machine has bound."""
    ports = set()
    for table in ("/proc/net/udp", "/proc/net/udp6"):
        path = Path(table)
        lines = path.read_text().splitlines()[1:] if path.exists() else []
        ports |= {int(line.split()[1].rpartition(":")[2], 16) for line in lines}
    return ports


def _lock(number: int) -> Domain | None:
    """Take a domain; None when another flight has it. A lock dies with its process."""
    folder = Path(tempfile.gettempdir())
    path = folder / f"martlet-domain-{number}-{os.getuid()}.lock"
    stream = path.open("ab")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        stream.close()
        return None
    return Domain(number, stream)
