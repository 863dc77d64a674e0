# SPDX-License-Identifier: Apache-2.0
"""The flight guard of one drone: watches every command and every state, and steps in by stages.

NOMINAL -> HOLD    a rule is broken: no streamed command passes, the drone brakes and hovers
HOLD -> NOMINAL    every rule kept for `settle_s`, and whoever streamed has let go
HOLD -> LAND       still not so after `hold_s`, or landing was asked for; as soon as the drone is
                   slow where waiting mends nothing (`LANDS`), or the guard stepped in too often
LAND -> OFF        on the ground, or the landing took too long
OFF -> NOMINAL     armed again

It sits inside every backend, between whoever commands and the link, so that no publisher can go
around it. Time is passed in.
"""

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.battery_watch import BatteryWatch
from firmware_bridge.braking import SINK_M, brake
from firmware_bridge.estimate_watch import EstimateWatch
from firmware_bridge.guard_rules import (
    LANDS,
    GuardLimits,
    Violation,
    admitted,
    command_violation,
    lost_violation,
    operator_violation,
    pose_violation,
    stale_violation,
)
from firmware_bridge.orders import HandBack, Land, Order, Stop
from firmware_bridge.setpoint_rules import Setpoint, setpoint_violation
from firmware_bridge.state_rules import state_violation, wall_violation

Command = tuple[float, float, float, float]

SHORTEST_LANDING_S = 1.0
SLOW_M_S = 0.3  # guess: what is left of it, a landing takes along
BRAKING_S = 1.5
"""So long is a drone braked, at most, that is to be landed: from 3 m/s it takes 1.5 s."""

GROUNDED_S = 0.5
"""What a drone says of its flying may be older than its landing; so long it does not count."""


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
        battery_v: Volts under load; not a number where nobody knows.
        pose_age_s: How old the newest external pose is; not a number where none is sent.
        operator_age_s: How old the newest sign of the operator's dead-man key is.
        aimed: Whether what is streamed is a point, at which the drone brakes by itself.
    """

    time_s: float
    state: NDArray[np.float32]
    flying: bool
    streaming: bool
    answered_s: float
    ground_m: float = 0.0
    age_s: float = 0.0
    battery_v: float = math.nan
    pose_age_s: float = math.nan
    operator_age_s: float = 0.0
    aimed: bool = False


class FlightGuard:
    """Watches one drone.

    Attributes:
        limits: The numbers of the rules.
        stage: How far it has stepped in.
        reason: The cause of the present stage; empty while nominal.
        events: Every change of stage so far.
    """

    def __init__(self, limits: GuardLimits, *, onboard: bool = False) -> None:
        """Begin nominal.

        Args:
            limits: The numbers of the rules.
            onboard: Whether the drone's own policy flies while commands are streamed: it is the
                state that tells where it is going then, and not what is streamed.
        """
        self.set_limits(limits)
        self._onboard = onboard
        self.stage = Stage.NOMINAL
        self.reason = ""
        self.events: list[GuardEvent] = []
        self._entered_s = 0.0
        self._kept_since_s: float | None = None
        self._lands = False  # this hold has no other end
        self._silent = False  # the drone was not heard when this stage's order was sent, or since
        self._down_by_s = 0.0
        self._thrust_n = math.nan  # what was streamed last, and is flown
        self._sane = np.zeros(13, dtype=np.float32)
        self._sane[6] = 1.0

    def set_limits(self, limits: GuardLimits) -> None:
        """Take other numbers; of a drone that stands on the ground."""
        self.limits = limits
        self._estimate, self._battery = EstimateWatch(limits), BatteryWatch(limits)

    @property
    def interventions(self) -> int:
        """How often the guard has left NOMINAL."""
        return sum(event.before is Stage.NOMINAL for event in self.events)

    def admit(self, command: Command, situation: Situation) -> tuple[Order, ...]:
        """Judge a streamed command before it goes out.

        Args:
            command: Collective thrust [N] and body rates [rad/s; B].
            situation: `answered_s` is this command's stamp.

        Returns:
            What the drone is to be told: the command, something else, or nothing.
        """
        if self.stage is not Stage.NOMINAL:
            return ()
        age_s = situation.time_s - situation.answered_s
        broken = command_violation(command, self.limits) or stale_violation(age_s, self.limits)
        if broken is None:
            order = admitted(command, self.limits)
            self._thrust_n = math.nan if self._onboard else order.thrust_n
            return (order,)
        return self._hold(situation, broken)

    def admit_setpoint(self, order: Setpoint, situation: Situation) -> tuple[Order, ...]:
        """Judge a streamed set-point that the drone's own controller flies, likewise."""
        if self.stage is not Stage.NOMINAL:
            return ()
        broken = setpoint_violation(order, self.limits)
        return self._hold(situation, broken) if broken else (order,)

    def watch(self, situation: Situation) -> tuple[Order, ...]:
        """Look at the drone; call at every state, commands or not.

        Returns:
            What the drone is to be told now; mostly nothing.
        """
        jumped = None
        if np.isfinite(situation.state).all():
            jumped = self._estimate.look(situation.time_s - situation.age_s, situation.state)
            self._sane = situation.state.copy()
        low = self._battery.look(situation.time_s, situation.battery_v)
        concerns = situation.flying or situation.streaming
        broken = self._violation(situation, jumped, low) if concerns else None
        if self.stage is Stage.NOMINAL:
            return self._hold(situation, broken) if broken else ()
        heard = lost_violation(situation.age_s, self.limits) is None
        again = heard and (self._silent or jumped is not None)
        self._silent = not heard
        if self.stage is Stage.HOLD:
            return self._holding(situation, broken) or (self._brake(situation) if again else ())
        if self.stage is Stage.LAND:
            return self._sink(situation) if again else self._landing(situation)
        return ()

    def land(self, situation: Situation, cause: str) -> tuple[Order, ...]:
        """Land now, because somebody asks for it during a hold; motors that are off stay off."""
        if self.stage is Stage.OFF:
            return ()
        self._enter(Stage.LAND, situation.time_s, cause)
        return self._sink(situation)

    def rearm(self, time_s: float) -> None:
        """Begin again, after a person has looked and armed."""
        self._estimate.begin()
        if self.stage is not Stage.NOMINAL:
            self._enter(Stage.NOMINAL, time_s, "armed again")

    def _violation(
        self, situation: Situation, jumped: Violation | None, low: Violation | None
    ) -> Violation | None:
        """The first rule that is broken, in the order in which they are told."""
        limits = self.limits
        broken = operator_violation(situation.operator_age_s, limits)
        broken = broken or state_violation(situation.state, limits)
        broken = broken or lost_violation(situation.age_s, limits)
        broken = jumped or broken or pose_violation(situation.pose_age_s, limits) or low
        if broken is None and situation.streaming and self.stage is Stage.NOMINAL:
            broken = stale_violation(situation.time_s - situation.answered_s, limits)
            if broken is None and not situation.aimed:
                broken = wall_violation(situation.state, situation.age_s, limits, self._thrust_n)
        return broken

    def _hold(self, situation: Situation, broken: Violation) -> tuple[Order, ...]:
        if np.isfinite(situation.state).all():
            self._sane = situation.state.copy()
        now_s, cause = situation.time_s, broken.sentence()
        since_s = now_s - self.limits.overrides_s
        left = [e.time_s for e in self.events if e.before is Stage.NOMINAL and e.time_s > since_s]
        self._lands = broken.rule in LANDS
        if len(left) + 1 >= self.limits.overrides:
            self._lands = True
            cause += f"; stepped in {len(left) + 1} times in {now_s - left[0]:.1f} s"
        self._enter(Stage.HOLD, now_s, cause)
        self._silent = lost_violation(situation.age_s, self.limits) is not None
        return self._brake(situation)

    def _holding(self, situation: Situation, broken: Violation | None) -> tuple[Order, ...]:
        now_s = situation.time_s
        held_s = now_s - self._entered_s
        if broken and broken.rule in LANDS and not self._lands:
            self._lands = True
            self.reason += f"; {broken.sentence()}"
        if self._lands and (held_s >= BRAKING_S or self._slow()):
            return self.land(situation, self.reason)
        if broken or situation.streaming or self._lands:
            self._kept_since_s = None
        elif self._kept_since_s is None:
            self._kept_since_s = now_s
        elif now_s - self._kept_since_s >= self.limits.settle_s:
            self._enter(
                Stage.NOMINAL, now_s, f"every rule kept for {now_s - self._kept_since_s:.2f} s"
            )
            return ()
        if held_s >= self.limits.hold_s:
            return self.land(situation, f"{self.reason}; held for {held_s:.2f} s")
        return ()

    def _landing(self, situation: Situation) -> tuple[Order, ...]:
        height = float(self._sane[2]) - situation.ground_m
        if self._silent:
            return ()  # it lands by itself, if it has heard of it; if not, it is told again
        if not situation.flying and situation.time_s - self._entered_s >= GROUNDED_S:
            self._enter(Stage.OFF, situation.time_s, f"landed, height {height:.2f} m")
            return (Stop(),)
        late_s = situation.time_s - self._down_by_s
        if late_s >= self.limits.landing_margin_s:
            cause = f"not landed {late_s:.2f} s after its time, height {height:.2f} m"
            self._enter(Stage.OFF, situation.time_s, cause)
            return (Stop(),)
        return ()

    def _brake(self, situation: Situation) -> tuple[Order, ...]:
        box, ground_m = (self.limits.box_low_m, self.limits.box_high_m), situation.ground_m
        return HandBack(), brake(self._sane, *box, ground_m)

    def _sink(self, situation: Situation) -> tuple[HandBack, Land]:
        """Straight down, to where the ground is at the lowest, whatever jumps have done."""
        ground_m = situation.ground_m + self._estimate.sunk_m
        way_m = max(float(self._sane[2]) - ground_m, 0.0)
        duration_s = max(way_m / self.limits.landing_speed_m_s, SHORTEST_LANDING_S)
        self._down_by_s = situation.time_s + duration_s
        return HandBack(), Land(ground_m - SINK_M, duration_s)

    def _slow(self) -> bool:
        return math.hypot(*self._sane[7:10].tolist()) < SLOW_M_S

    def _enter(self, stage: Stage, time_s: float, cause: str) -> None:
        self.events.append(GuardEvent(time_s, self.stage, stage, cause))
        self.stage = stage
        self.reason = "" if stage is Stage.NOMINAL else cause
        self._entered_s, self._kept_since_s = time_s, None
