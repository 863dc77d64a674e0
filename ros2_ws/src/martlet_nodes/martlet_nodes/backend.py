# SPDX-License-Identifier: Apache-2.0
"""What every backend does between ROS and its drones: one commander a drone, and the guard.

Priority: operator > guard > action > streamed command. Whoever loses command lets go without a
jump: the drone's own controller takes over, from how the drone moves. Which clock and which link,
the simulator's or the radio's, is the business of the backends that use this.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.braking import brake
from firmware_bridge.flight_guard import FlightGuard, GuardEvent, Situation, Stage
from firmware_bridge.guard_rules import GuardLimits
from firmware_bridge.link import FleetLink, Telemetry, unheard
from firmware_bridge.orders import Arm, Emergency, HandBack, Order, Stop
from firmware_bridge.setpoint_rules import Setpoint, is_aimed
from martlet_nodes import readiness
from martlet_nodes.drone_record import DroneRecord
from martlet_nodes.drone_status import Commander, Status
from martlet_nodes.manoeuvre import (
    STILL_S,
    Goal,
    Kind,
    Manoeuvre,
    Outcome,
    complete,
    moving,
    order_of,
    refusal,
)

SILENCE_S = 0.5
"""Whoever lost command may stream again after it has let go, or has been silent for so long."""

ARMING_S = 1.0
"""A drone that has been told to arm does so within this time, or does not."""


class Backend:
    """The drones of one flight. Times are on the flight's clock and are passed in.

    Attributes:
        names: The drones, in the order of their rows.
        telemetry: What was last heard.
        limits: The guard's.
    """

    def __init__(
        self,
        link: FleetLink,
        names: Sequence[str],
        limits: GuardLimits,
        *,
        onboard: bool = False,
    ) -> None:
        """Take charge of the drones behind a link; `onboard`: whose policies fly on board."""
        self.names = tuple(names)
        self.telemetry: Telemetry = unheard(len(names))
        self._link = link
        self.limits = limits
        self._drones = [DroneRecord(name, FlightGuard(limits, onboard=onboard)) for name in names]
        self._operator_s = -math.inf

    def hear(self, telemetry: Telemetry) -> None:
        """Take in what the drones say: the guards look at it, and actions end."""
        self.telemetry = telemetry
        for number, drone in enumerate(self._drones):
            situation = self._situation(number, telemetry.stamp_s)
            self._tell(number, drone.guard.watch(situation), telemetry.stamp_s)
            if drone.guard.stage is Stage.OFF:
                drone.armed = drone.streaming = False
            self._see_rest(number, drone, telemetry)
            self._follow(number, drone, telemetry)

    def stream(
        self, number: int, command: Sequence[float], answered_s: float, now_s: float
    ) -> None:
        """Take a streamed command: collective thrust [N] and body rates [rad/s; B].

        Args:
            number: The drone's row.
            command: Four numbers.
            answered_s: Stamp of the state that it answers.
            now_s: When it was received.
        """
        drone = self._drones[number]
        answered_s = min(answered_s, now_s)  # by another clock: else it would never be stale
        if self._hears_stream(number, now_s, answered_s):
            drone.aimed = False
            drone.latencies_s.append(now_s - answered_s)
            thrust, p, q, r = command
            orders = drone.guard.admit((thrust, p, q, r), self._situation(number, now_s))
            self._tell(number, orders, now_s)

    def set_point(self, number: int, order: Setpoint, now_s: float) -> None:
        """Take a streamed set-point that the drone's own controller flies.

        It answers no state, and counts as new when it is received.

        Args:
            number: The drone's row.
            order: What is to be flown.
            now_s: When it was received.
        """
        drone = self._drones[number]
        if self._hears_stream(number, now_s, now_s):
            drone.aimed = is_aimed(order)
            orders = drone.guard.admit_setpoint(order, self._situation(number, now_s))
            self._tell(number, orders, now_s)

    def release(self, number: int, now_s: float) -> None:
        """Whoever streamed to a drone lets go: the drone brakes and hovers by itself."""
        drone = self._drones[number]
        drone.barred = False
        if not drone.streaming:
            return
        drone.streaming = False
        if drone.guard.stage is Stage.NOMINAL:
            heard = self.telemetry
            drone.moved_s = heard.stamp_s
            drone.coming_to_rest = bool(heard.flying[number]) and moving(heard.states[[number]])
            self._tell(number, self._rest(number), now_s)

    def lose_stream(self, number: int, reason: str) -> str:
        """A drone has taken itself back from whoever streams to it, and comes to rest by itself.

        Returns:
            A sentence for people.
        """
        drone = self._drones[number]
        drone.barred = drone.barred or drone.streaming
        drone.streaming = False
        return f"{drone.name} let go by itself: {reason}"

    def arm(self, number: int, armed: bool, now_s: float) -> str:
        """Arm or disarm a drone.

        Returns:
            Why not; empty when done.
        """
        drone, heard = self._drones[number], self.telemetry
        if why := self._unheard(number, now_s):
            return why
        if heard.locked[number]:
            return f"{drone.name} is locked: switch it off and on again"
        if heard.flying[number]:
            if armed and drone.armed:
                return ""
            return f"{drone.name} flies: land it first, or call emergency"
        if armed and (why := self._unfit(number, now_s)):
            return why
        if armed:
            drone.guard.rearm(now_s)
            drone.stopped = False
            drone.ground_m = float(heard.states[number, 2])
        drone.armed, drone.armed_s = armed, now_s
        self._tell(number, (Arm(armed),), now_s)
        return ""

    def set_limits(self, limits: GuardLimits) -> str:
        """Take other limits for the guards.

        Returns:
            Why not, in flight; empty when done.
        """
        up = [d.name for n, d in enumerate(self._drones) if d.armed or self.telemetry.flying[n]]
        if up:
            return f"{', '.join(up)}: armed or in flight: the guard's limits are set on the ground"
        self.limits = limits
        for drone in self._drones:
            drone.guard.set_limits(limits)
        return ""

    def hear_operator(self, held: bool, now_s: float) -> None:
        """Take in a sign of the operator's dead-man key: held, or let go."""
        self._operator_s = now_s if held else -math.inf

    def emergency(self, number: int, now_s: float) -> None:
        """The operator's stop: motors off, whatever else is going on."""
        drone = self._drones[number]
        drone.stopped, drone.armed, drone.streaming, drone.barred = True, False, False, True
        self._tell(number, (Emergency(),), now_s)
        self._end(drone, "the operator stopped the drone")

    def begin(self, number: int, goal: Goal, now_s: float, *, replacing: bool = False) -> Manoeuvre:
        """Begin an action; a landing takes the place of any other.

        Args:
            number: The drone's row.
            goal: What is asked.
            now_s: When.
            replacing: Whether it takes the place of the action under way, if there is one.

        Returns:
            The action under way; with its outcome already, when it cannot be flown.
        """
        drone = self._drones[number]
        why = self._obstacle(number, goal.kind, now_s, replacing)
        if why:
            return Manoeuvre(goal, now_s, Outcome(False, why, math.nan))
        state = self.telemetry.states[number]
        manoeuvre = Manoeuvre(complete(goal, state), now_s)
        why = refusal(manoeuvre.goal, state, self.limits)
        if why:
            why = f"{goal.kind.value} of {drone.name}: {why}"
            manoeuvre.outcome = Outcome(False, why, manoeuvre.error_m(state))
            return manoeuvre
        if drone.manoeuvre is not None:
            before = drone.manoeuvre.goal.kind.value
            self._end(drone, f"{before} of {drone.name} was replaced by {goal.kind.value}")
        if drone.guard.stage is Stage.NOMINAL:
            self._take_over(number, order_of(manoeuvre.goal), now_s)
        else:
            landing = drone.guard.land(self._situation(number, now_s), "asked to land")
            self._tell(number, landing, now_s)
        drone.manoeuvre = manoeuvre
        return manoeuvre

    def cancel(self, number: int, now_s: float) -> None:
        """End a drone's action: in the air, it brakes and hovers."""
        drone = self._drones[number]
        if drone.manoeuvre is None:
            return
        self._end(drone, f"{drone.manoeuvre.goal.kind.value} of {drone.name} was cancelled")
        if drone.guard.stage is Stage.NOMINAL:
            self._tell(number, self._rest(number), now_s)

    def commander(self, number: int) -> Commander:
        """Who commands a drone now."""
        drone = self._drones[number]
        if drone.stopped:
            return Commander.OPERATOR
        if drone.guard.stage is not Stage.NOMINAL:
            return Commander.GUARD
        if drone.manoeuvre is not None:
            return Commander.ACTION
        return Commander.STREAM if drone.streaming else Commander.NONE

    def status(self, number: int) -> Status:
        """How a drone stands."""
        drone, heard = self._drones[number], self.telemetry
        return Status(
            name=drone.name,
            armed=drone.armed and bool(heard.armed[number]),
            flying=bool(heard.flying[number]),
            commander=self.commander(number),
            stage=drone.guard.stage,
            reason=drone.guard.reason,
            quality=float(heard.quality[number]),
            age_s=float(heard.age_s[number]),
            interventions=drone.guard.interventions,
        )

    def take_latencies(self, number: int) -> list[float]:
        """Receipt minus stamp of each streamed command since the last call [s]."""
        drone = self._drones[number]
        taken, drone.latencies_s = drone.latencies_s, []
        return taken

    def guard_events(self, number: int) -> list[GuardEvent]:
        """What one drone's guard has done so far."""
        return self._drones[number].guard.events

    def unanswered(self, stamp_s: float) -> list[str]:
        """The drones under streamed command whose command does not bear this stamp yet."""
        return [
            drone.name
            for number, drone in enumerate(self._drones)
            if self.commander(number) is Commander.STREAM and abs(drone.answered_s - stamp_s) > 1e-6
        ]

    def busy(self) -> bool:
        """Whether somebody is in command of some drone, or one comes to rest: time must go on."""
        return any(
            (self.commander(n) is not Commander.NONE and not self._at_rest(n))
            or self.arming(n)
            or self._drones[n].coming_to_rest
            for n in range(len(self._drones))
        )

    def arming(self, number: int) -> bool:
        """Whether a drone has been told to arm, and may yet do so."""
        drone, heard = self._drones[number], self.telemetry
        waited_s = heard.stamp_s - drone.armed_s
        return drone.armed and not heard.armed[number] and waited_s < ARMING_S

    def ground_m(self, number: int) -> float:
        """Height at which a drone stood when it was armed [m; W]."""
        return self._drones[number].ground_m

    def _at_rest(self, number: int) -> bool:
        """Whether nothing will come of a drone without a person: it is down, and off."""
        done = self._drones[number].guard.stage is Stage.OFF or self._drones[number].stopped
        return done and not self.telemetry.flying[number]

    def _ready(self, number: int) -> bool:
        return readiness.ready(self._drones[number], self.telemetry, number)

    def _hears_stream(self, number: int, now_s: float, answered_s: float) -> bool:
        """Whether what is streamed to a drone counts now: nobody above has it, and it is armed."""
        drone = self._drones[number]
        silent_s = now_s - drone.heard_s
        drone.heard_s = now_s
        if drone.barred and silent_s >= SILENCE_S:
            drone.barred = False
        if drone.barred or self.commander(number) > Commander.STREAM or not self._ready(number):
            return False
        drone.streaming = True
        drone.answered_s = answered_s
        return True

    def _situation(self, number: int, now_s: float) -> Situation:
        drone, heard = self._drones[number], self.telemetry
        return Situation(
            time_s=now_s,
            state=heard.states[number],
            flying=bool(heard.flying[number]),
            streaming=drone.streaming,
            answered_s=drone.answered_s,
            ground_m=drone.ground_m,
            age_s=self._age_s(number, now_s),
            battery_v=float(heard.battery_v[number]),
            pose_age_s=math.nan if heard.pose_age_s is None else float(heard.pose_age_s[number]),
            operator_age_s=now_s - self._operator_s,
            aimed=drone.aimed,
        )

    def _age_s(self, number: int, now_s: float) -> float:
        return readiness.age_s(self.telemetry, number, now_s)

    def _unheard(self, number: int, now_s: float) -> str:
        name = self._drones[number].name
        return readiness.unheard(name, self._age_s(number, now_s), self.limits)

    def _unfit(self, number: int, now_s: float) -> str:
        name, volts = self._drones[number].name, float(self.telemetry.battery_v[number])
        return readiness.unfit(name, volts, now_s - self._operator_s, self.limits)

    def _obstacle(self, number: int, kind: Kind, now_s: float, replacing: bool) -> str:
        """Why no action of this kind may begin now; empty when it may."""
        drone = self._drones[number]
        return self._unheard(number, now_s) or readiness.obstacle(
            drone, self.telemetry, number, kind, replacing=replacing
        )

    def _take_over(self, number: int, order: Order, now_s: float) -> None:
        """An action begins: streamed commands count no more until their sender has let go."""
        drone = self._drones[number]
        drone.barred = drone.barred or drone.streaming
        orders = (HandBack(), order) if drone.streaming else (order,)
        drone.streaming = False
        self._tell(number, orders, now_s)

    def _see_rest(self, number: int, drone: DroneRecord, telemetry: Telemetry) -> None:
        """See whether a drone that was let go at speed hovers, or is somebody else's by now."""
        if not drone.coming_to_rest:
            return
        if moving(telemetry.states[[number]]):
            drone.moved_s = telemetry.stamp_s
        rests = telemetry.stamp_s - drone.moved_s > STILL_S - 1e-6
        if rests or not telemetry.flying[number] or self.commander(number) is not Commander.NONE:
            drone.coming_to_rest = False

    def _rest(self, number: int) -> tuple[Order, ...]:
        """Come to rest and hover; on the ground, motors off."""
        heard = self.telemetry
        if not heard.flying[number]:
            return HandBack(), Stop()
        limits = self.limits
        box, ground_m = (limits.box_low_m, limits.box_high_m), self._drones[number].ground_m
        return HandBack(), brake(heard.states[number], *box, ground_m)

    def _follow(self, number: int, drone: DroneRecord, telemetry: Telemetry) -> None:
        """See whether a drone's action has come to its end."""
        manoeuvre = drone.manoeuvre
        if manoeuvre is None:
            return
        landing = manoeuvre.goal.kind is Kind.LAND
        if telemetry.locked[number]:
            self._end(drone, f"{drone.name} has locked itself")
        elif drone.guard.stage is not Stage.NOMINAL and not landing:
            self._end(drone, f"the guard took over {drone.name}: {drone.guard.reason}")
        else:
            state: NDArray[np.float32] = telemetry.states[number]
            manoeuvre.look(telemetry.stamp_s, state, bool(telemetry.flying[number]))
            if manoeuvre.outcome is not None:
                drone.manoeuvre = None

    def _end(self, drone: DroneRecord, why: str) -> None:
        if drone.manoeuvre is not None and drone.manoeuvre.outcome is None:
            drone.manoeuvre.outcome = Outcome(False, why, math.nan)
        drone.manoeuvre = None

    def _tell(self, number: int, orders: tuple[Order, ...], now_s: float) -> None:
        for order in orders:
            self._link.send(number, order, now_s)
