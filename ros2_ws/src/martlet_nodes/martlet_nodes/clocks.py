# SPDX-License-Identifier: Apache-2.0
"""Stamps by another clock than the flight's: what answers no state that was ever said."""

AHEAD_S, BEHIND_S = 0.05, 1.0
"""A command bears the stamp of the state that it answers: never a later one, and none that old."""


class Clocks:
    """Looks at the stamps of what is streamed; time is passed in."""

    def __init__(self) -> None:
        """All agree."""
        self._astray: set[str] = set()

    def news(self, topic: str, stamp_s: float, now_s: float) -> str:
        """A sentence on stamps that are far off, once until they agree again; empty otherwise."""
        off_s = stamp_s - now_s
        if -BEHIND_S <= off_s <= AHEAD_S:
            self._astray.discard(topic)
            return ""
        if topic in self._astray:
            return ""
        self._astray.add(topic)
        way = "ahead of" if off_s > 0.0 else "behind"
        return (
            f"{topic}: stamps are {abs(off_s):.2f} s {way} the flight's clock: a command bears the"
            " stamp of the state that it answers; where it bears its sender's time, both machines"
            " need one clock (chrony)"
        )
