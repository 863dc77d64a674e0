# SPDX-License-Identifier: Apache-2.0
"""What a twin logs, and the parameters it has: those that matter in flight, of a real one's 600."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.crtp_params import Parameter
from firmware_bridge.setpoints import PWM_LINEAR_N, PWM_SQUARE_N, ThrustKind
from firmware_bridge.telemetry import STATE_VARIABLES, Supervisor, values_of
from sim_core.frames import to_body

GRAVITY_M_S2 = 9.81
STAGES = 3
"""Of pm.state: 0 on battery, 3 low power."""

LOW_SHARE = 0.1


@dataclass(frozen=True, eq=False)
class Snapshot:
    """One drone at one time.

    Attributes:
        state: Its estimate, shape (13,).
        acceleration_W: Of its body, without gravity [m/s²], shape (3,).
        thrust_counts: 16 bits of the thrust that is commanded.
        battery_v: Under load.
        battery_share: 0 to 1.
        supervisor: What it says of itself.
        external: The newest external pose: x y z, q x y z w; shape (7,).
        variance_m2: What its filter believes of its position, an axis.
        wrong_writes: Bytes that the memory for tests found wrong.
    """

    state: NDArray[np.float32]
    acceleration_W: NDArray[np.float64]
    thrust_counts: int
    battery_v: float
    battery_share: float
    supervisor: Supervisor
    external: tuple[float, ...]
    variance_m2: float
    wrong_writes: int = 0

    def euler_deg(self) -> tuple[float, float, float]:
        """Roll, pitch, yaw in the firmware's manner, in which pitch is inverted."""
        x, y, z, w = self.state[3:7].astype(np.float64).tolist()
        roll = math.atan2(2.0 * (w * x + y * z), 1.0 - 2.0 * (x * x + y * y))
        pitch = math.asin(min(max(2.0 * (w * y - z * x), -1.0), 1.0))
        yaw = math.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))
        return math.degrees(roll), -math.degrees(pitch), math.degrees(yaw)

    def felt_g(self) -> NDArray[np.float64]:
        """What an accelerometer reads, in B [g]."""
        felt = to_body(self.state[3:7], self.acceleration_W + np.array((0.0, 0.0, GRAVITY_M_S2)))
        out: NDArray[np.float64] = felt / GRAVITY_M_S2
        return out


Read = Callable[[Snapshot], float]


def _entry(index: int) -> Read:
    return lambda now: float(now.state[index])


def _angle(index: int) -> Read:
    return lambda now: now.euler_deg()[index]


def _rate(index: int) -> Read:
    return lambda now: math.degrees(now.state[10 + index])


def _felt(index: int) -> Read:
    return lambda now: float(now.felt_g()[index])


def _accelerated(index: int) -> Read:
    return lambda now: float(now.acceleration_W[index]) / GRAVITY_M_S2


def _external(index: int) -> Read:
    return lambda now: now.external[index]


def _compressed(name: str) -> Read:
    return lambda now: values_of(now.state)[name]


def _estimate() -> dict[str, tuple[str, Read]]:
    variables: dict[str, tuple[str, Read]] = {}
    for i, axis in enumerate("xyz"):
        variables[f"stateEstimate.{axis}"] = ("float", _entry(i))
        variables[f"stateEstimate.v{axis}"] = ("float", _entry(7 + i))
        variables[f"stateEstimate.a{axis}"] = ("float", _accelerated(i))
        variables[f"kalman.state{axis.upper()}"] = ("float", _entry(i))
        variables[f"kalman.statep{axis.upper()}"] = ("float", _entry(7 + i))
        variables[f"kalman.varP{axis.upper()}"] = ("float", lambda now: now.variance_m2)
        variables[f"gyro.{axis}"] = ("float", _rate(i))
        variables[f"acc.{axis}"] = ("float", _felt(i))
        variables[f"locSrv.{axis}"] = ("float", _external(i))
    for i, axis in enumerate("xyzw"):
        variables[f"stateEstimate.q{axis}"] = ("float", _entry(3 + i))
        variables[f"locSrv.q{axis}"] = ("float", _external(3 + i))
    for i, index in enumerate((6, 3, 4, 5)):
        variables[f"kalman.q{i}"] = ("float", _entry(index))
    for i, angle in enumerate(("roll", "pitch", "yaw")):
        variables[f"stateEstimate.{angle}"] = ("float", _angle(i))
        variables[f"stabilizer.{angle}"] = ("float", _angle(i))
    for name, kind in STATE_VARIABLES:
        variables[name] = (kind, _compressed(name))
    return variables


LOG_VARIABLES: dict[str, tuple[str, Read]] = {
    **_estimate(),
    "stabilizer.thrust": ("float", lambda now: float(now.thrust_counts)),
    "controller.cmd_thrust": ("float", lambda now: float(now.thrust_counts)),
    "pm.vbat": ("float", lambda now: now.battery_v),
    "pm.vbatMV": ("uint16_t", lambda now: 1000.0 * now.battery_v),
    "pm.batteryLevel": ("uint8_t", lambda now: 100.0 * now.battery_share),
    "pm.state": ("int8_t", lambda now: STAGES if now.battery_share < LOW_SHARE else 0),
    "supervisor.info": ("uint16_t", lambda now: now.supervisor.bits()),
    "sys.canfly": ("uint8_t", lambda now: now.supervisor.can_fly),
    "sys.isFlying": ("uint8_t", lambda now: now.supervisor.flying),
    "sys.isTumbled": ("uint8_t", lambda now: now.supervisor.tumbled),
    "sys.armed": ("uint8_t", lambda now: now.supervisor.armed),
    "memTst.errCntW": ("uint32_t", lambda now: now.wrong_writes),
    "radio.rssi": ("uint8_t", lambda _: 40.0),
    "radio.isConnected": ("uint8_t", lambda _: 1.0),
}
"""Name, type, and how to read it."""


DECKS = (
    "bcFlow", "bcFlow2", "bcLighthouse4", "bcLoco", "bcDWM1000", "bcZRanger", "bcZRanger2",
    "bcLedRing",
)  # fmt: skip
"""Those that a twin can say it has: what estimators need, and what cfclient asks for by name."""


def parameters(
    roll_pitch: tuple[float, float, float],
    yaw: tuple[float, float, float],
    decks: Sequence[str] = (),
    thrust: ThrustKind = "linear",
) -> list[Parameter]:
    """The parameters of a twin.

    Args:
        roll_pitch: Gains of the airframe's rate loop: kp, ki, kd.
        yaw: The same about z.
        decks: Of `DECKS`, those that are mounted.
        thrust: What 16 bits of thrust mean; the older firmware has its curve as parameters.
    """
    gains = {"roll": roll_pitch, "pitch": roll_pitch, "yaw": yaw}
    attitude = {"roll": (6.0, 3.0, 0.0), "pitch": (6.0, 3.0, 0.0), "yaw": (6.0, 1.0, 0.35)}
    loops = [
        Parameter(f"{group}.{axis}_{gain}", "float", value, persistent=True)
        for group, of in (("pid_rate", gains), ("pid_attitude", attitude))
        for axis, values in of.items()
        for gain, value in zip(("kp", "ki", "kd"), values, strict=True)
    ]
    mounted = [Parameter(f"deck.{d}", "uint8_t", d in decks, read_only=True) for d in DECKS]
    curve = [
        Parameter("quadSysId.pwmToThrustA", "float", PWM_SQUARE_N),
        Parameter("quadSysId.pwmToThrustB", "float", PWM_LINEAR_N),
    ]
    return [*_PARAMETERS, *mounted, *loops, *(curve if thrust == "pwm" else ())]


_PARAMETERS = (
    Parameter("flightmode.stabModeRoll", "uint8_t", 1),
    Parameter("flightmode.stabModePitch", "uint8_t", 1),
    Parameter("flightmode.stabModeYaw", "uint8_t", 0),
    Parameter("flightmode.althold", "uint8_t", 0),
    Parameter("flightmode.poshold", "uint8_t", 0),
    Parameter("flightmode.posSet", "uint8_t", 0),
    Parameter("stabilizer.estimator", "uint8_t", 2),
    Parameter("stabilizer.controller", "uint8_t", 1),
    Parameter("stabilizer.stop", "uint8_t", 0),
    Parameter("commander.enHighLevel", "uint8_t", 1, persistent=True),
    Parameter("kalman.resetEstimation", "uint8_t", 0),
    Parameter("kalman.initialX", "float", 0.0),
    Parameter("kalman.initialY", "float", 0.0),
    Parameter("kalman.initialZ", "float", 0.0),
    Parameter("kalman.initialYaw", "float", 0.0),
    Parameter("locSrv.extPosStdDev", "float", 0.01),
    Parameter("locSrv.extQuatStdDev", "float", 4.5e-3),
    Parameter("hlCommander.vtoff", "float", 0.5),
    Parameter("hlCommander.vland", "float", 0.5),
    Parameter("led.bitmask", "uint8_t", 0),
    Parameter("ring.effect", "uint8_t", 6, persistent=True),
    Parameter("ring.neffect", "uint8_t", 18, read_only=True),  # guess: about as many
    Parameter("sound.effect", "uint8_t", 0, persistent=True),
    Parameter("system.selftestPassed", "int8_t", 1, read_only=True),
    Parameter("cpu.flash", "uint16_t", 1024, read_only=True),
    Parameter("firmware.modified", "uint8_t", 0, read_only=True),
    Parameter("memTst.resetW", "uint8_t", 0),
)
