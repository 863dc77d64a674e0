# SPDX-License-Identifier: Apache-2.0
"""Whether a log's attitude is what it says: held against its gyro and its accelerometer."""

import numpy as np
from numpy.typing import NDArray

from sim_core.flight_log import FlightLog

Array = NDArray[np.float64]

_APART_S = 0.05
"""Two attitudes this far apart turn by more than their noise."""


def body_z_of(q_WB: Array) -> Array:
    """Third row of R_WB: how much of W's z each body axis holds, (T, 3)."""
    x, y, z, w = q_WB.T
    return np.stack(
        [2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)], axis=1
    )


def relative_turns(q_WB: Array, apart: int) -> Array:
    """Rotation vectors [rad; B] from each attitude to the one `apart` rows later."""
    a, b = q_WB[:-apart], q_WB[apart:]
    v_a, w_a, v_b, w_b = -a[:, :3], a[:, 3:], b[:, :3], b[:, 3:]
    vector = w_a * v_b + w_b * v_a + np.cross(v_a, v_b)
    scalar = (w_a * w_b)[:, 0] - (v_a * v_b).sum(axis=1)
    vector = np.where(scalar[:, None] < 0.0, -vector, vector)
    length = np.linalg.norm(vector, axis=1)
    angle = 2.0 * np.arctan2(length, np.abs(scalar))
    turns: Array = vector * (angle / np.maximum(length, 1e-12))[:, None]
    return turns


def turning_rates(log: FlightLog, flown: NDArray[np.bool_]) -> tuple[Array, Array] | None:
    """What the gyro says and how the attitude turns [rad/s; B], where the log turns enough."""
    if log.quat_xyzw is None:
        return None
    apart = max(1, round(_APART_S / float(np.median(np.diff(log.t)))))
    running = np.vstack([np.zeros(3), np.cumsum(np.nan_to_num(log.gyro), axis=0)])
    gyro = (running[apart:-1] - running[: -apart - 1]) / apart
    spans = log.t[apart:] - log.t[:-apart]
    flown_all = np.concatenate([[0], np.cumsum(~flown)])
    whole = (flown_all[apart + 1 :] - flown_all[: -apart - 1] == 0) & (spans < 2.0 * _APART_S)
    seen = relative_turns(log.quat_xyzw, apart) / spans[:, None]
    if not whole.any() or np.sqrt((seen[whole] ** 2).mean()) < 0.02:
        return None
    return gyro[whole], seen[whole]


def quaternion_orders(log: FlightLog, flown: NDArray[np.bool_]) -> str | None:
    """The other convention that fits this log's gyro or accelerometer far better; None if none."""
    assert log.quat_xyzw is not None
    q = log.quat_xyzw
    readings = {
        "": q,
        "w x y z": q[:, [1, 2, 3, 0]],
        "W to B": q * np.array([-1.0, -1.0, -1.0, 1.0]),
    }
    costs = {name: _disagreement(log, flown, reading) for name, reading in readings.items()}
    best = min(costs, key=lambda name: costs[name])
    return best if best and costs[best] < 0.5 * costs[""] and costs[""] > 0.15 else None


def _disagreement(log: FlightLog, flown: NDArray[np.bool_], q_WB: Array) -> float:
    """Root of the mean square of what gravity and gyro deny, in parts of g and of the turning."""
    terms = []
    if log.acc is not None:
        # On average a flight's specific force carries its weight and nothing sideways.
        upward = (body_z_of(q_WB)[flown] * log.acc[flown]).sum(axis=1)
        terms.append(((upward.mean() - 9.81) / 9.81) ** 2)
        terms.append(float(np.mean((upward - 9.81) ** 2)) / 9.81**2)
    elif log.pwm01 is not None or log.rpm is not None:
        terms.append((1.0 - float(body_z_of(q_WB)[flown][:, 2].mean())) ** 2)
    turning = turning_rates(FlightLog(log.name, log.t, log.gyro, quat_xyzw=q_WB, ok=log.ok), flown)
    if turning is not None:
        gyro, seen = turning
        power = float((gyro**2).mean() + (seen**2).mean())
        # Scale apart: a gyro in degrees is another gate's find.
        scale = float((gyro * seen).sum() / max((seen**2).sum(), 1e-12))
        direction = float((gyro * seen).sum()) / np.sqrt(
            max(float((gyro**2).sum()) * float((seen**2).sum()), 1e-12)
        )
        if power > 1e-3 and scale != 0.0:
            terms.append(2.0 * (1.0 - direction))
    return float(np.sqrt(np.mean(terms))) if terms else 0.0
