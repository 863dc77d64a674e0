# SPDX-License-Identifier: Apache-2.0
"""What a Crazyflie logs to SI units, and back: millimetres, milliradians, quaternions in 32 bits.

The state of 13 numbers rides in one packet of 22 bytes, `STATE_VARIABLES`. The firmware's pitch is
inverted: so is the pitch rate it logs here, but not the quaternion.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.errors import TelemetryError

STATE_VARIABLES = (
    ("stateEstimateZ.x", "int16_t"),
    ("stateEstimateZ.y", "int16_t"),
    ("stateEstimateZ.z", "int16_t"),
    ("stateEstimateZ.vx", "int16_t"),
    ("stateEstimateZ.vy", "int16_t"),
    ("stateEstimateZ.vz", "int16_t"),
    ("stateEstimateZ.quat", "uint32_t"),
    ("stateEstimateZ.rateRoll", "int16_t"),
    ("stateEstimateZ.ratePitch", "int16_t"),
    ("stateEstimateZ.rateYaw", "int16_t"),
)
"""The log block of the state and its types: 22 bytes, of 26 that one packet carries."""

_MILLI = 1000.0
_INT16 = 32767
_QUAT_STEPS = 511  # 9 bits of magnitude
_LARGEST_OTHER = math.sqrt(0.5)  # no entry but the largest of a unit quaternion exceeds it


def state_of(values: Mapping[str, int]) -> NDArray[np.float32]:
    """The state in a logged block.

    Args:
        values: Of each of `STATE_VARIABLES`.

    Returns:
        p_WB [m; W], q_WB x y z w, v_WB [m/s; W], w_WB_B [rad/s; B], shape (13,).

    Raises:
        TelemetryError: A value is missing.
    """
    try:
        x, y, z, vx, vy, vz, quat, p, q, r = (values[name] for name, _ in STATE_VARIABLES)
    except KeyError as missing:
        raise TelemetryError(f"log block: expected {missing.args[0]}, got none.") from None
    state = np.empty(13, dtype=np.float32)
    state[:3] = np.array((x, y, z)) / _MILLI
    state[3:7] = decompress_quaternion(quat)
    state[7:10] = np.array((vx, vy, vz)) / _MILLI
    state[10:13] = np.array((p, -q, r)) / _MILLI
    return state


def values_of(state: NDArray[np.float32]) -> dict[str, int]:
    """What a firmware logs of a state, shape (13,): the way back."""
    s = state.astype(np.float64).tolist()
    numbers = (*s[:3], *s[7:10], s[10], -s[11], s[12])
    milli = [max(-_INT16, min(_INT16, int(_MILLI * number))) for number in numbers]
    values = [*milli[:6], compress_quaternion(s[3:7]), *milli[6:]]
    return {name: value for (name, _), value in zip(STATE_VARIABLES, values, strict=True)}


def compress_quaternion(q_WB: Sequence[float]) -> int:
    """A quaternion x y z w in 32 bits: which entry is largest, then sign and size of the others."""
    norm = math.sqrt(sum(entry * entry for entry in q_WB)) or 1.0
    q = [entry / norm for entry in q_WB]
    largest = max(range(4), key=lambda i: abs(q[i]))
    flip = -1.0 if q[largest] < 0.0 else 1.0
    bits = largest
    for i in range(4):
        if i != largest:
            size = min(int(_QUAT_STEPS * abs(q[i]) / _LARGEST_OTHER + 0.5), _QUAT_STEPS)
            bits = bits << 10 | (flip * q[i] < 0.0) << 9 | size
    return bits


def decompress_quaternion(bits: int) -> NDArray[np.float64]:
    """The quaternion x y z w in 32 bits, of length 1, its largest entry positive, shape (4,)."""
    q = np.zeros(4)
    largest = bits >> 30 & 0b11
    for i in reversed([i for i in range(4) if i != largest]):
        size = (bits & _QUAT_STEPS) / _QUAT_STEPS * _LARGEST_OTHER
        q[i] = -size if bits >> 9 & 1 else size
        bits >>= 10
    q[largest] = math.sqrt(max(1.0 - float(q @ q), 0.0))
    out: NDArray[np.float64] = q / np.linalg.norm(q)
    return out


@dataclass(frozen=True)
class Supervisor:
    """What a firmware's supervisor says of itself."""

    can_arm: bool = False
    armed: bool = False
    arms_itself: bool = False
    can_fly: bool = False
    flying: bool = False
    tumbled: bool = False
    locked: bool = False
    crashed: bool = False
    high_level_active: bool = False
    high_level_done: bool = False
    high_level_disabled: bool = False

    @classmethod
    def of_bits(cls, bits: int) -> "Supervisor":
        """From the bit field of the log variable supervisor.info, or of port 9."""
        return cls(*(bool(bits >> i & 1) for i in range(len(cls.__dataclass_fields__))))

    def bits(self) -> int:
        """As the bit field; the first is the lowest."""
        return sum(getattr(self, name) << i for i, name in enumerate(self.__dataclass_fields__))
