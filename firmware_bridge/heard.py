# SPDX-License-Identifier: Apache-2.0
"""What was heard of one drone, when, and how old it was then. Safe to use from several threads."""

import math
import threading
from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.link import Telemetry
from firmware_bridge.link_statistics import LinkStatistics, StateCounter
from firmware_bridge.telemetry import Supervisor

ROLLOVER_MS = 1 << 24
"""The drone's time in a log packet has 24 bits."""

WINDOW = 100  # packets, 1 s at 100 Hz: a twin whose clock slipped is matched again that soon
ROUND_TRIPS = 50

SILENT_S = 1.0
"""So long a state may be missing while echoes come: nobody loses a hundred states in a row."""


class ClockMatch:
    """How old log packets are when they arrive, by their own stamps.

    The quickest packet of the last seconds took half of the quickest round trip; whatever is later
    than that one was, is older.

    Attributes:
        turns: How often the drone's stamps have begun anew at 0.
    """

    def __init__(self) -> None:
        """Nothing heard yet."""
        self._offsets: deque[float] = deque(maxlen=WINDOW)
        self._round_trips_s: deque[float] = deque(maxlen=ROUND_TRIPS)
        self.turns = 0
        self._last_ms = -1

    def hear_echo(self, round_trip_s: float) -> None:
        """Take note of a packet that came back."""
        self._round_trips_s.append(round_trip_s)

    @property
    def one_way_s(self) -> float:
        """Half the quickest round trip of late [s]; 0 before the first."""
        return 0.5 * min(self._round_trips_s, default=0.0)

    @property
    def round_trip_s(self) -> float:
        """The median round trip of late [s]; not a number before the first."""
        trips = sorted(self._round_trips_s)
        return trips[len(trips) // 2] if trips else math.nan

    def age_s(self, drone_ms: int, arrival_s: float) -> float:
        """How old a packet is that arrives now, stamped by the drone."""
        if self._last_ms - drone_ms > ROLLOVER_MS // 2:
            self.turns += 1
        elif drone_ms < self._last_ms:  # the drone was started anew
            self._offsets.clear()
        self._last_ms = drone_ms
        offset = arrival_s - (drone_ms + self.turns * ROLLOVER_MS) / 1000.0
        self._offsets.append(offset)
        return offset - min(self._offsets) + self.one_way_s


@dataclass
class Heard:
    """One drone, as last heard.

    Attributes:
        state: Newest estimate, shape (13,).
        arrival_s: When it came, on the flight's clock.
        age_s: How old it was then.
        supervisor: What the drone says of itself; nothing where it cannot say.
        quality: Share of packets answered, 0 to 1.
        fault: Why nothing more will be heard; empty while there is hope.
        notice: What is wrong that may pass; empty where nothing is.
        echo_s: When a packet last came back, on the flight's clock.
    """

    state: NDArray[np.float32] = field(default_factory=lambda: np.full(13, np.nan, np.float32))
    arrival_s: float = -math.inf
    age_s: float = math.inf
    battery_v: float = math.nan
    battery_share: float = math.nan
    supervisor: Supervisor | None = None
    quality: float = math.nan
    fault: str = ""
    notice: str = ""
    echo_s: float = -math.inf


class Record:
    """`Heard` of one drone, written by the link's threads and read by the flight's."""

    def __init__(self, *, arms_itself: bool) -> None:
        """Nothing heard yet.

        Args:
            arms_itself: What to take for granted of a firmware that does not say.
        """
        self.clock = ClockMatch()
        self.news = threading.Event()
        self._lock = threading.Lock()
        self._heard = Heard()
        self._counter = StateCounter()
        self._assumed = Supervisor(armed=arms_itself, arms_itself=arms_itself)

    def hear_state(self, state: NDArray[np.float32], drone_ms: int, arrival_s: float) -> None:
        """Take in an estimate."""
        with self._lock:
            self._heard.state, self._heard.arrival_s = state, arrival_s
            self._heard.age_s = self.clock.age_s(drone_ms, arrival_s)
            self._heard.notice = ""
            drone_ms += self.clock.turns * ROLLOVER_MS
            self._counter.count(drone_ms, arrival_s, self._heard.age_s)
        self.news.set()

    def hear_battery(self, volts: float, share: float) -> None:
        """Take in the battery; not a number where the drone does not say."""
        with self._lock:
            self._heard.battery_v, self._heard.battery_share = volts, share

    def hear_supervisor(self, supervisor: Supervisor) -> None:
        """Take in what the drone says of itself."""
        with self._lock:
            self._heard.supervisor = supervisor

    def hear_quality(self, share: float) -> None:
        """Take in the share of packets that were answered."""
        with self._lock:
            self._heard.quality = share

    def hear_echo(self, round_trip_s: float, arrival_s: float) -> None:
        """Take in a packet that came back.

        A drone that answers but has stopped telling its state was asked by somebody else: whoever
        connects resets the log.
        """
        with self._lock:
            self.clock.hear_echo(round_trip_s)
            heard = self._heard
            heard.echo_s = arrival_s
            if arrival_s - heard.arrival_s > SILENT_S and not math.isinf(heard.arrival_s):
                heard.notice = (
                    "it answers but no longer tells its state: another program has connected to it,"
                    " which alone may command it"
                )

    def statistics(self) -> LinkStatistics:
        """How good the link was of late."""
        with self._lock:
            return self._counter.statistics(self.clock.round_trip_s, self._heard.quality)

    def lose(self, sentence: str) -> None:
        """Nothing more will be heard; the first reason counts."""
        with self._lock:
            self._heard.fault = self._heard.fault or sentence
            self._heard.quality = 0.0
        self.news.set()

    def assume(self, *, armed: bool, flying: bool) -> None:
        """What to take for granted of a drone that does not say."""
        with self._lock:
            self._assumed = Supervisor(armed=armed, flying=flying)

    def now(self) -> tuple[Heard, Supervisor]:
        """A copy of what was heard, and what the drone says or is taken to be."""
        with self._lock:
            heard = Heard(**vars(self._heard))
            return heard, heard.supervisor or self._assumed


def telemetry_of(records: list[Record], now_s: float, fresh_s: float) -> Telemetry:
    """The newest of every drone, stamped with the newest arrival.

    Args:
        records: One for each drone.
        now_s: The present, on the flight's clock: the stamp when nobody was heard for `fresh_s`.
        fresh_s: How long the newest arrival stands for the present.
    """
    rows = [record.now() for record in records]
    newest = max(heard.arrival_s for heard, _ in rows)
    stamp = newest if now_s - newest <= fresh_s else now_s
    ages = [stamp - heard.arrival_s + heard.age_s for heard, _ in rows]

    def floats(name: str) -> NDArray[np.float32]:
        return np.array([getattr(heard, name) for heard, _ in rows], dtype=np.float32)

    return Telemetry(
        stamp_s=stamp,
        age_s=np.array(ages, dtype=np.float32),
        states=np.array([heard.state for heard, _ in rows], dtype=np.float32),
        battery_v=floats("battery_v"),
        battery_share=floats("battery_share"),
        armed=np.array([said.armed for _, said in rows]),
        flying=np.array([said.flying for _, said in rows]),
        locked=np.array([said.locked or said.crashed for _, said in rows]),
        quality=floats("quality"),
    )
