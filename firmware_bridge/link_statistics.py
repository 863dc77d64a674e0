# SPDX-License-Identifier: Apache-2.0
"""How good a link is: how many states come, how many are lost, how old they are."""

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

PERIOD_MS = 10
"""Between two states: log blocks come at 100 Hz at most."""

KEPT = 3000
"""States that are remembered, half a minute of them."""

HIGHEST_ROUND_TRIP_S, LEAST_QUALITY = 0.010, 0.9
"""A radio link beyond these is told of; Crazyswarm2 warns at the same."""


@dataclass(frozen=True)
class LinkStatistics:
    """Of the last half a minute.

    Attributes:
        rate_hz: States that came each second; not a number before the second one.
        loss: Share of states that did not come, by the drone's own stamps.
        age_s: Median age of a state when it came.
        age_p99_s: The age that one of a hundred exceeds.
        round_trip_s: Median, of a packet that came back.
        quality: Share of packets acknowledged, 0 to 1, where the radio tells.
    """

    rate_hz: float = math.nan
    loss: float = math.nan
    age_s: float = math.nan
    age_p99_s: float = math.nan
    round_trip_s: float = math.nan
    quality: float = math.nan

    def in_words(self) -> str:
        """For people, in one line."""
        return (
            f"{self.rate_hz:.1f} Hz, {100.0 * self.loss:.1f} % lost, state {1e3 * self.age_s:.0f}"
            f" ms old (p99 {1e3 * self.age_p99_s:.0f} ms), round trip"
            f" {1e3 * self.round_trip_s:.0f} ms"
        )

    def warnings(self) -> list[str]:
        """What of it is worse than a flight should have."""
        told = []
        if self.round_trip_s > HIGHEST_ROUND_TRIP_S:
            told.append(
                f"round trip: expected at most {1e3 * HIGHEST_ROUND_TRIP_S:.0f} ms, got"
                f" {1e3 * self.round_trip_s:.0f} ms"
            )
        if self.quality < LEAST_QUALITY:
            told.append(
                f"link quality: expected at least {LEAST_QUALITY:g} acknowledged, got"
                f" {self.quality:.2f}"
            )
        if self.loss > 1.0 - LEAST_QUALITY:
            told.append(
                f"states: expected at most {1.0 - LEAST_QUALITY:.0%} lost, got {self.loss:.0%}"
            )
        return told


class StateCounter:
    """Counts the states of one drone; not to be used from two threads at once."""

    def __init__(self) -> None:
        """None has come."""
        self._came: deque[tuple[int, float, float]] = deque(maxlen=KEPT)
        self._turns = 0

    def count(self, drone_ms: int, arrival_s: float, age_s: float) -> None:
        """Take note of a state.

        Args:
            drone_ms: Its stamp, on the drone's clock, rising.
            arrival_s: When it came.
            age_s: How old it was then.
        """
        if self._came and drone_ms < self._came[-1][0]:
            self._came.clear()  # the drone was started anew
        self._came.append((drone_ms, arrival_s, age_s))

    def statistics(self, round_trip_s: float, quality: float) -> LinkStatistics:
        """What came of late, beside what else is known of the link."""
        if len(self._came) < 2:
            return LinkStatistics(round_trip_s=round_trip_s, quality=quality)
        ages = np.array([age_s for *_, age_s in self._came])
        (first_ms, first_s, _), (last_ms, last_s, _) = self._came[0], self._came[-1]
        sent = (last_ms - first_ms) / PERIOD_MS
        return LinkStatistics(
            rate_hz=(len(ages) - 1) / max(last_s - first_s, 1e-9),
            loss=max(0.0, 1.0 - (len(ages) - 1) / sent) if sent else 0.0,
            age_s=float(np.median(ages)),
            age_p99_s=float(np.percentile(ages, 99.0)),
            round_trip_s=round_trip_s,
            quality=quality,
        )
