# SPDX-License-Identifier: Apache-2.0
"""Looks for commands, estimates, batteries, links and operators that get past the guard.

The drone is a point mass behind an estimate, a link and the guard, with a controller that obeys the
orders as the stock one does. Whatever the others do, one after the other: no number leaves the
guard that is not finite or within limits, whoever streams commands nobody who is held or landed, a
landing never ends but on the ground, a drone that is heard has heard what the guard told it, who
leans too far or flies too fast is not left alone, and while the estimate tells the truth and the
drone hears, it stays inside the fence.
"""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from firmware_bridge.flight_guard import FlightGuard, Situation, Stage
from firmware_bridge.guard_rules import GuardLimits
from firmware_bridge.orders import GoTo, HandBack, Land, RateThrust, Stop

DT = 0.02
MASS, GRAVITY = 0.029, 9.81
TURN_S, TILT = 0.10, math.tan(math.radians(20.0))  # how fast and how far the stock controller leans
LIMITS = GuardLimits(
    thrust_n=(0.0, 0.48),
    box_low_m=(-2.0, -2.0, -0.2),
    box_high_m=(2.0, 2.0, 2.5),
    operator_s=0.5,
    max_tilt_deg=50.0,  # what this drone can be leant beyond
    weight_n=MASS * GRAVITY,
)
WHY_LAND = (
    *("estimate jumped", "lost external pose", "low battery", "operator's key"),
    *("stepped in", "held for"),
)
"""What ends a hold by a landing; it is told, whatever the hold began with."""

EDGE_M = 0.02  # a tick's way at 1 m/s

anything = st.floats(allow_nan=True, allow_infinity=True, width=32)
thrusts = st.one_of(
    st.sampled_from([0.0, 0.28, 0.48, 0.48002, -1e-6]), st.floats(0.0, 0.48), anything
)
rates = st.one_of(st.sampled_from([0.0, 10.0005, -10.0005, 5.0002]), st.floats(-5.0, 5.0), anything)


class Drone:
    """A point mass that leans: what it is told, where it is."""

    def __init__(self):
        self.p, self.v = np.array([0.0, 0.0, 1.0]), np.zeros(3)
        self.push = np.zeros(2)  # horizontal acceleration, by its lean
        self.flying, self.told = True, GoTo((0.0, 0.0, 1.0), 0.0, 1.0)

    def step(self):
        if not self.flying:
            self.p[2], self.v = max(self.p[2] - DT, 0.0), np.zeros(3)
            return
        want, climb = self._wanted()
        self.push += (want - self.push) * min(DT / TURN_S, 1.0)
        self.v += DT * np.array([*self.push, climb])
        self.p += DT * self.v
        if self.p[2] <= 0.0:
            self.p[2], self.v = 0.0, np.zeros(3)
            if isinstance(self.told, Land):
                self.flying = False

    def _wanted(self):
        if isinstance(self.told, RateThrust):
            thrust, (roll, pitch, _) = self.told.thrust_n, self.told.w_B
            lean = self.push + GRAVITY * TURN_S * np.array([pitch, -roll])
            return np.clip(lean, -15.0, 15.0), thrust / MASS - GRAVITY
        end = np.array(self.told.p_WB if isinstance(self.told, GoTo) else [*self.spot, -0.1])
        most = 1.0 if isinstance(self.told, GoTo) else LIMITS.landing_speed_m_s
        wish = np.clip(2.0 * (end - self.p), -most, most)
        pull = 3.0 * (wish - self.v)
        return np.clip(pull[:2], -TILT * GRAVITY, TILT * GRAVITY), float(np.clip(pull[2], -5, 5))

    def state(self):
        """As the estimate has it, the lean included."""
        ax, ay = self.push.tolist()
        up = np.array([ax, ay, GRAVITY]) / math.hypot(ax, ay, GRAVITY)
        w = math.sqrt((1.0 + up[2]) / 2.0)
        q = (-up[1] / (2.0 * w), up[0] / (2.0 * w), 0.0, w)
        return np.array([*self.p, *q, *self.v, 0.0, 0.0, 0.0], dtype=np.float32)


class GuardedFlight(RuleBasedStateMachine):
    """Everybody around one guard."""

    def __init__(self):
        super().__init__()
        self.guard, self.drone = FlightGuard(LIMITS), Drone()
        self.now_s, self.answered_s, self.heard_s, self.key_s = 0.0, 0.0, 0.0, 0.0
        self.streaming = False
        self.linked = True  # orders reach the drone, and its states us
        self.repeated = []  # what the radio says again until the link is back, or too long gone
        self.volts, self.pose_age_s = 3.9, math.nan
        self.lie, self.blind = np.zeros(3), False
        self.honest = True  # the estimate and the link never failed
        self.seen = self.drone.state()
        self.stages = [Stage.NOMINAL]

    def situation(self):
        return Situation(
            self.now_s,
            self.seen,
            self.drone.flying,
            self.streaming,
            self.answered_s,
            age_s=self.now_s - self.heard_s,
            battery_v=self.volts,
            pose_age_s=self.pose_age_s,
            operator_age_s=self.now_s - self.key_s,
        )

    def obey(self, orders):
        for order in orders:
            self.check(order)
            if self.linked:
                self.hear(order)
            elif not isinstance(order, RateThrust):
                self.repeated.append(order)

    def hear(self, order):
        """An order reaches the drone."""
        if isinstance(order, Stop):
            self.drone.flying = False
        elif isinstance(order, RateThrust | GoTo | Land):
            self.drone.told = order
            self.drone.spot = self.drone.p[:2].copy()

    def check(self, order):
        """What leaves the guard is finite and within limits."""
        if isinstance(order, RateThrust):
            assert self.guard.stage is Stage.NOMINAL
            assert 0.0 <= order.thrust_n <= 0.48
            most = LIMITS.body_rate_rad_s
            assert all(abs(rate) <= top for rate, top in zip(order.w_B, most, strict=True))
        elif isinstance(order, GoTo):
            assert all(-1.8001 <= x <= 1.8001 for x in order.p_WB[:2])
            assert -0.0001 <= order.p_WB[2] <= 2.3001
            assert math.isfinite(order.yaw_rad)
            assert 0.0 < order.duration_s < 100.0
        elif isinstance(order, Land):
            assert order.height_m <= -0.1
            assert math.isfinite(order.height_m)
            assert 1.0 <= order.duration_s < math.inf
        else:
            assert isinstance(order, HandBack | Stop)

    def tick(self):
        self.now_s += DT
        self.drone.step()
        if self.linked:
            self.heard_s = self.now_s
            self.seen = self.drone.state()
            self.seen[:3] += self.lie.astype(np.float32)
            if self.blind:
                self.seen[7] = np.nan
        before = self.guard.stage
        self.obey(self.guard.watch(self.situation()))
        if before is Stage.HOLD and self.guard.stage is Stage.LAND:
            assert any(why in self.guard.reason for why in WHY_LAND), self.guard.reason
        self.look()
        if self.guard.stage is not self.stages[-1]:
            self.stages.append(self.guard.stage)

    def look(self):
        """The drone has just been heard, and the guard has looked at it."""
        stage = self.guard.stage
        if not self.linked or not self.drone.flying:
            return
        if stage is Stage.HOLD:
            assert isinstance(self.drone.told, GoTo)
        elif stage is Stage.LAND:
            assert isinstance(self.drone.told, Land)
        elif stage is Stage.NOMINAL:
            tilt = math.degrees(math.atan2(math.hypot(*self.drone.push), GRAVITY))
            assert tilt <= LIMITS.max_tilt_deg + 0.1
            assert np.linalg.norm(self.drone.v) <= LIMITS.max_speed_m_s + 0.01

    def stream(self, command):
        self.streaming, self.answered_s = True, self.now_s
        self.obey(self.guard.admit(command, self.situation()))

    @rule(command=st.tuples(thrusts, rates, rates, rates), ticks=st.integers(1, 5))
    def command(self, command, ticks):
        """Somebody streams anything, for a while."""
        for _ in range(ticks):
            self.stream(command)
            self.tick()

    @rule(
        thrust=st.one_of(st.floats(0.0, 0.48), st.sampled_from([0.48002, -1e-6])),
        rates=st.tuples(
            *(st.one_of(st.floats(-10.0, 10.0), st.just(10.0005)) for _ in range(2)),
            st.floats(-5.0, 5.0),
        ),
        turn=st.integers(1, 20),
        ticks=st.integers(1, 60),
    )
    def fly(self, thrust, rates, turn, ticks):
        """Somebody streams what the limits allow: leans over, and then flies on like that."""
        for k in range(ticks):
            self.key_s = self.now_s
            self.stream((thrust, *(rates if k < turn else (0.0, 0.0, 0.0))))
            self.tick()

    @rule(ticks=st.integers(1, 40))
    def freeze(self, ticks):
        """Whoever streamed says nothing more."""
        for _ in range(ticks):
            self.tick()

    @rule(ticks=st.integers(1, 40))
    def let_go(self, ticks):
        """Whoever streamed hands back, and the operator waits."""
        self.streaming = False
        if self.guard.stage is Stage.NOMINAL:
            self.drone.told = GoTo((*np.clip(self.drone.p, -1.8, 1.8).tolist(),), 0.0, 1.0)
        for _ in range(ticks):
            self.key_s = self.now_s
            self.tick()

    @rule()
    def hold_the_key(self):
        self.key_s = self.now_s

    @rule(volts=st.one_of(st.floats(2.5, 4.2), st.just(math.nan)))
    def sag(self, volts):
        self.volts = volts

    @rule(jump=st.tuples(*(st.floats(-5.0, 5.0) for _ in range(3))))
    def lie_about_the_place(self, jump):
        self.lie, self.honest = np.array(jump), False
        self.tick()

    @rule(blind=st.booleans())
    def lose_the_estimate(self, blind):
        self.blind, self.honest = blind, False
        self.tick()

    @rule(linked=st.booleans())
    def cut_the_link(self, linked):
        back = linked and not self.linked
        self.linked, self.honest = linked, False
        if back and self.now_s - self.heard_s <= LIMITS.lost_s:
            for order in self.repeated:
                self.hear(order)
        self.repeated = [] if linked else self.repeated
        self.tick()

    @rule(age_s=st.one_of(st.just(math.nan), st.floats(0.0, 3.0)))
    def lose_the_pose(self, age_s):
        self.pose_age_s = age_s

    @rule()
    def ask_to_land(self):
        """The backend passes it on to the guard while that has the drone."""
        if self.guard.stage is not Stage.NOMINAL:
            self.obey(self.guard.land(self.situation(), "asked to land"))

    @precondition(lambda self: self.guard.stage is Stage.OFF and not self.drone.flying)
    @rule()
    def arm_again(self):
        """A person has put it back, with a full battery and a good estimate."""
        if self.linked:
            self.guard.rearm(self.now_s)
            self.drone, self.seen = Drone(), Drone().state()
            self.volts, self.lie, self.blind, self.pose_age_s = 3.9, np.zeros(3), False, math.nan
            self.key_s, self.streaming, self.honest = self.now_s, False, True
            self.stages = [Stage.NOMINAL]

    @invariant()
    def stays_inside(self):
        if self.honest:
            assert (np.abs(self.drone.p[:2]) <= 2.0 + EDGE_M).all(), self.drone.p
            assert self.drone.p[2] <= 2.5 + EDGE_M, self.drone.p

    @invariant()
    def never_back_to_whoever_streams_once_it_lands(self):
        after = dict(zip(self.stages, self.stages[1:], strict=False))
        assert after.get(Stage.LAND, Stage.OFF) is Stage.OFF
        assert Stage.OFF not in after

    @invariant()
    def says_why(self):
        assert bool(self.guard.reason) == (self.guard.stage is not Stage.NOMINAL)

    def teardown(self):
        """From wherever this has come to, the drone ends on the ground once it is heard again."""
        if self.guard.stage is Stage.NOMINAL:
            self.stream((math.nan, 0.0, 0.0, 0.0))
        assert self.guard.stage is not Stage.NOMINAL
        for linked, seconds in ((self.linked, 8.0), (True, 25.0)):
            self.cut_the_link(linked)
            for _ in range(round(seconds / DT)):
                self.key_s = self.now_s - 1.0  # and nobody holds the key
                self.tick()
        assert self.guard.stage is Stage.OFF
        assert not self.drone.flying


GuardedFlight.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,  # the same on every machine
    suppress_health_check=[HealthCheck.too_slow],
)
TestGuardedFlight = pytest.mark.slow(GuardedFlight.TestCase)
