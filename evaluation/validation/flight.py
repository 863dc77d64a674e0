# SPDX-License-Identifier: Apache-2.0
"""A recorded flight on the simulator's clock: every array at the steps of its physics."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import LogError
from evaluation.validation.marker_frame import frames_on_drone
from evaluation.validation.starts import START_FROM_S, starts_from_past
from sim_core import _core
from sim_core.flight_log import FlightLog

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

STEP_S: float = _core.PHYSICS_STEP_S

HIGH_M = 10.0
"""Where a log without a pose is flown: far from the floor, whose cushion the replay would feel."""

SHOCK_M_S2 = 30.0
"""More specific force than the rotors can give: the drone has hit something."""


@dataclass(frozen=True, eq=False)
class Flight:
    """A log at steps of 2 ms.

    Attributes:
        name: Of the file.
        t: s, shape (T,).
        p_WB: Where it was, by motion capture where there is one, shape (T, 3).
        state: p_WB, q_WB, v_WB, w_WB_B as the log has them, where a prediction starts; shape
            (T, 13).
        motor_volts: PWM times battery, shape (T, 4); None where the log has no PWM.
        battery_volts: Shape (T,); None where the log has no PWM.
        rpm: Shape (T, 4); None where the log has none.
        thrust_n: Commanded collective thrust, shape (T,); None where the log has none.
        ok: Airborne and without a gap, shape (T,).
        posed: Whether the log has a pose; without one p_WB is high up, v_WB zero, q_WB
            the identity.
        setpoint: x, y, z, yaw, shape (T, 4); None where the log has none.
        past: p_WB and v_WB from motion capture's and the accelerometer's last 80 ms, shape (T, 6);
            None where the log lacks either.
        frame: Of an attitude that is motion capture's, the rotation from the drone's own axes to
            the markers', as what came before tells it, shape (T, 4); None for all others.
    """

    name: str
    t: Array
    p_WB: Array
    state: Array
    motor_volts: Array | None
    battery_volts: Array | None
    rpm: Array | None
    thrust_n: Array | None
    ok: Flags
    posed: bool
    setpoint: Array | None
    past: Array | None = None
    frame: Array | None = None

    def from_past(self) -> "Flight":
        """The same, its predictions starting from `past` where there is one; not the first rows."""
        if self.past is None:
            return self
        state = self.state.copy()
        known = slice(round(START_FROM_S / STEP_S), None)
        state[known, :3], state[known, 7:10] = self.past[known, :3], self.past[known, 3:]
        return replace(self, state=state)

    def windows(self, steps: int, stride: int) -> NDArray[np.int32]:
        """First rows of windows of `steps` that lie in the air, `stride` apart."""
        airborne = self.ok.copy()
        if self.posed:
            airborne[: round(START_FROM_S / STEP_S)] = False
        broken = np.concatenate([[0], np.cumsum(~airborne)])
        rows = np.arange(0, len(self.t) - steps - 1, stride)
        whole = rows[broken[rows + steps + 1] == broken[rows]]
        out: NDArray[np.int32] = whole.astype(np.int32)
        return out


def flight_of(log: FlightLog, assumed_volts: float, *, markers: bool = False) -> Flight:
    """Resample a log; commands are held from one sample to the next, states interpolated.

    Args:
        log: What was recorded.
        assumed_volts: Of the battery, where the log has none.
        markers: Whether its attitude is that of motion capture's markers.

    Raises:
        LogError: Nothing of it is flown.
    """
    t = np.arange(log.t[0], log.t[-1], STEP_S)
    held = np.clip(np.searchsorted(log.t, t + 1e-9, side="right") - 1, 0, len(log.t) - 1)
    ok = _airborne(log)
    flown = ok[held] & ok[np.minimum(held + 1, len(ok) - 1)]
    if not flown.any():
        raise LogError(f"{log.name}: expected a flight, found no airborne sample in it.")
    volts = battery = None
    if log.pwm01 is not None:
        battery = np.full(len(t), assumed_volts)
        if log.vbat is not None:
            battery = np.interp(t, log.t, np.nan_to_num(log.vbat))
        volts = np.nan_to_num(log.pwm01[held]) * battery[:, None]
    posed = log.pos is not None and log.vel is not None and log.quat_xyzw is not None
    state = _states(log, t) if posed else _rates_alone(log, t)
    past = frame = None
    if posed and log.acc is not None:
        q_WB, f_B = state[:, 3:7], _interpolated(t, log, log.acc)
        if log.mocap is not None:
            past = np.hstack(starts_from_past(state[:, :3], q_WB, f_B))
        if markers:
            frame = frames_on_drone(state[:, 7:10], q_WB, f_B, flown)
    return Flight(
        log.name, t, state[:, :3] if posed else np.zeros((len(t), 3)), state, volts, battery,
        None if log.rpm is None else np.nan_to_num(log.rpm[held]),
        None if log.command is None else np.nan_to_num(log.command[held, 0]), flown, posed,
        None if log.setpoint is None else log.setpoint[held], past, frame,
    )  # fmt: skip


def _interpolated(t: Array, log: FlightLog, values: Array) -> Array:
    return np.stack([np.interp(t, log.t, column) for column in np.nan_to_num(values).T], axis=1)


def _rates_alone(log: FlightLog, t: Array) -> Array:
    state = np.zeros((len(t), 13))
    state[:, 2] = HIGH_M
    state[:, 6] = 1.0
    state[:, 10:] = _interpolated(t, log, log.gyro)
    return state


def _states(log: FlightLog, t: Array) -> Array:
    """The log's own, its position by motion capture where there is one."""
    assert log.pos is not None
    assert log.vel is not None
    assert log.quat_xyzw is not None
    q = log.quat_xyzw
    turned = np.where((q[1:] * q[:-1]).sum(axis=1) < 0.0, -1.0, 1.0)
    q = _interpolated(t, log, q * np.cumprod(np.concatenate([[1.0], turned]))[:, None])
    q /= np.maximum(np.linalg.norm(q, axis=1, keepdims=True), 1e-6)
    p = _interpolated(t, log, log.pos if log.mocap is None else log.mocap)
    v = _interpolated(t, log, log.vel)
    return np.hstack([p, q, v, _interpolated(t, log, log.gyro)])


def _airborne(log: FlightLog) -> Flags:
    """`ok`; where there is none, while motors turn, a second after they start, up to a blow."""
    if log.ok is not None:
        return log.ok
    if log.pwm01 is None:
        return np.ones(len(log.t), dtype=bool)
    step = float(np.median(np.diff(log.t)))
    # Motors that stop for less than 0.3 s in the air are a manoeuvre.
    near = np.ones(2 * round(0.3 / step) + 1)
    turning = np.convolve((log.pwm01.max(axis=1) > 0.05).astype(float), near, "same") > 0.5 * len(
        near
    )
    force = np.zeros(len(log.t)) if log.acc is None else np.linalg.norm(log.acc, axis=1)
    out = np.zeros(len(log.t), dtype=bool)
    edges = np.diff(np.concatenate([[0], turning.astype(int), [0]]))
    for first, last in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True):
        blows = np.flatnonzero(force[first:last] > SHOCK_M_S2)
        end = (first + blows[0] if len(blows) else last) - round(0.2 / step)
        out[first + round(1.0 / step) : max(end, 0)] = True
    return out
