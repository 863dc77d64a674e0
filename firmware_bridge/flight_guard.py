# SPDX-License-Identifier: Apache-2.0
"""The flight guard of one drone: watches every command and every state, and steps in by stages.

NOMINAL -> HOLD    a rule is broken: no streamed command passes, the drone brakes and hovers
HOLD -> NOMINAL    every rule kept for `settle_s`, and whoever streamed has let go
HOLD -> LAND       still not so after `hold_s`, or landing was asked for
LAND -> OFF        on the ground, or the landing took too long
OFF -> NOMINAL     armed again

It sits inside every backend, between whoever commands and the link, so that no publisher can go
around it. Time is passed in.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.braking import SINK_M, brake
from firmware_bridge.guard_rules import (
    GuardLimits,
    Violation,
    command_violation,
    lost_violation,
    stale_violation,
    state_violation,
)
from firmware_bridge.orders import HandBack, Land, Order, Stop

SHORTEST_LANDING_S = 1.0


class Stage(IntEnum):
    """How far the guard has stepped in; the numbers are those of martlet_msgs/DroneStatus."""

    NOMINAL = 0
    HOLD = 1
    LAND = 2
    OFF = 3


@dataclass(frozen=True)
class GuardEvent:
    """A change of stage: when, from and to which, and the number that caused it."""

    time_s: float
    before: Stage
    after: Stage
    cause: str


@dataclass(frozen=True, eq=False)
class Situation:
    """What the guard looks at.

    Attributes:
        time_s: Now, on the flight's clock.
        state: The newest estimate, shape (13,).
        flying: Whether the motors carry the drone.
        streaming: Whether somebody streams commands, and has not let go.
        answered_s: Stamp of the state that the newest streamed command answers.
        ground_m: Height of the ground below [m; W].
        age_s: How old the newest estimate is.
    """

    time_s: float
    state: NDArray[np.float32]
    flying: bool
    streaming: bool
    answered_s: float
    ground_m: float = 0.0
    age_s: float = 0.0


class FlightGuard:
    """Watches one drone.

    Attributes:
        limits: The numbers of the rules.
        stage: How far it has stepped in.
        reason: The cause of the present stage; empty while nominal.
        events: Every change of stage so far.
    """

    def __init__(self, limits: GuardLimits) -> None:
        """Begin nominal."""
        self.limits = limits
        self.stage = Stage.NOMINAL
        self.reason = ""
        self.events: list[GuardEvent] = []
        self._entered_s = 0.0
        self._kept_since_s: float | None = None
        self._landing_s = 0.0
        self._sane = np.zeros(13, dtype=np.float32)
        self._sane[6] = 1.0

    @property
    def interventions(self) -> int:
        """How often the guard has left NOMINAL."""
        return sum(event.before is Stage.NOMINAL for event in self.events)

    def admit(
        self, command: tuple[float, float, float, float], situation: Situation
    ) -> tuple[bool, tuple[Order, ...]]:
        """Judge a streamed command before it goes out.

        Args:
            command: Collective thrust [N] and body rates [rad/s; B].
            situation: `answered_s` is this command's stamp.

        Returns:
            Whether it may go, and what the drone is to be told instead.
        """
        if self.stage is not Stage.NOMINAL:
            return False, ()
        age_s = situation.time_s - situation.answered_s
        broken = command_violation(command, self.limits) or stale_violation(age_s, self.limits)
        if broken is None:
            return True, ()
        return False, self._hold(situation, broken)

    def watch(self, situation: Situation) -> tuple[Order, ...]:
        """Look at the drone; call at every state, commands or not.

        Returns:
            What the drone is to be told now; mostly nothing.
        """
        broken = self._violation(situation)
        if np.isfinite(situation.state).all():
            self._sane = situation.state.copy()
        if self.stage is Stage.NOMINAL:
            return self._hold(situation, broken) if broken else ()
        if self.stage is Stage.HOLD:
            return self._holding(situation, broken)
        if self.stage is Stage.LAND:
            return self._landing(situation)
        return ()

    def land(self, situation: Situation, cause: str) -> tuple[Order, ...]:
        """Land now, because somebody asks for it during a hold."""
        self._enter(Stage.LAND, situation.time_s, cause)
        height = max(float(self._sane[2]) - situation.ground_m, 0.0)
        self._landing_s = max(height / self.limits.landing_speed_m_s, SHORTEST_LANDING_S)
        return (HandBack(), Land(situation.ground_m - SINK_M, self._landing_s))

    def rearm(self, time_s: float) -> None:
        """Begin again, after a person has looked and armed."""
        if self.stage is not Stage.NOMINAL:
            self._enter(Stage.NOMINAL, time_s, "armed again")

    def _violation(self, situation: Situation) -> Violation | None:
        if not (situation.flying or situation.streaming):
            return None
        broken = state_violation(situation.state, self.limits)
        broken = broken or lost_violation(situation.age_s, self.limits)
        if broken is None and situation.streaming and self.stage is Stage.NOMINAL:
            broken = stale_violation(situation.time_s - situation.answered_s, self.limits)
        return broken

    def _hold(self, situation: Situation, broken: Violation) -> tuple[Order, ...]:
        self._enter(Stage.HOLD, situation.time_s, broken.sentence())
        if np.isfinite(situation.state).all():
            self._sane = situation.state.copy()
        return HandBack(), brake(self._sane, self.limits.box_low_m, self.limits.box_high_m)

    def _holding(self, situation: Situation, broken: Violation | None) -> tuple[Order, ...]:
        now_s = situation.time_s
        if broken or situation.streaming:
            self._kept_since_s = None
        elif self._kept_since_s is None:
            self._kept_since_s = now_s
        elif now_s - self._kept_since_s >= self.limits.settle_s:
            self._enter(
                Stage.NOMINAL, now_s, f"every rule kept for {now_s - self._kept_since_s:.2f} s"
            )
            return ()
        held_s = now_s - self._entered_s
        if held_s >= self.limits.hold_s:
            return self.land(situation, f"{self.reason}; held for {held_s:.2f} s")
        return ()

    def _landing(self, situation: Situation) -> tuple[Order, ...]:
        height = float(self._sane[2]) - situation.ground_m
        if not situation.flying:
            self._enter(Stage.OFF, situation.time_s, f"landed, height {height:.2f} m")
            return (Stop(),)
        late_s = situation.time_s - self._entered_s - self._landing_s
        if late_s >= self.limits.landing_margin_s:
            cause = f"not landed {late_s:.2f} s after its time, height {height:.2f} m"
            self._enter(Stage.OFF, situation.time_s, cause)
            return (Stop(),)
        return ()

    def _enter(self, stage: Stage, time_s: float, cause: str) -> None:
        self.events.append(GuardEvent(time_s, self.stage, stage, cause))
        self.stage = stage
        self.reason = "" if stage is Stage.NOMINAL else cause
        self._entered_s, self._kept_since_s = time_s, None
