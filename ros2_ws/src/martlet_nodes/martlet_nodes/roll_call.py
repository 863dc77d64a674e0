# SPDX-License-Identifier: Apache-2.0
"""Which of the drones that a hand steers are heard; no ROS, and time is passed in."""

from collections.abc import Sequence

SILENT_S = 2.0
"""A backend says how a drone stands ten times a second; silent for so long, it is not there."""


class RollCall:
    """Listens for drones, by their names."""

    def __init__(self, names: Sequence[str], now_s: float) -> None:
        """None is missed yet."""
        self._heard_s = dict.fromkeys(names, now_s)
        self._missed: list[str] = []

    def hear(self, name: str, now_s: float) -> None:
        """Take note that a drone was heard."""
        self._heard_s[name] = now_s

    def missing(self, now_s: float) -> list[str]:
        """Those that are not heard."""
        return [name for name, at_s in self._heard_s.items() if now_s - at_s > SILENT_S]

    def news(self, now_s: float, said: Sequence[str], domain: int) -> str:
        """A sentence where others are missing than before; empty otherwise.

        Args:
            now_s: Now.
            said: Names of the drones that somebody speaks of, steered or not.
            domain: The ROS domain in which this is.
        """
        before, self._missed = self._missed, self.missing(now_s)
        if self._missed == before:
            return ""
        return _not_heard(self._missed, said, domain) if self._missed else "all drones are heard"


def _not_heard(names: Sequence[str], said: Sequence[str], domain: int) -> str:
    there = sorted(set(said) - set(names))
    seen = f"heard are {', '.join(there)}" if there else "no backend is heard at all"
    return (
        f"nothing is heard of {', '.join(names)} in ROS domain {domain}, where {seen}:"
        " expected a backend with drones of these names"
    )
