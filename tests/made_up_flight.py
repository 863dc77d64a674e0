# SPDX-License-Identifier: Apache-2.0
"""A flight that the simulator itself flew, as a log: what it says is known to the last digit."""

from pathlib import Path

import numpy as np

from evaluation.validation.flight import STEP_S
from evaluation.validation.predict import Drone, drone_of
from sim_core import _core
from sim_core.airframe import load_airframe
from sim_core.flight_log import FlightLog, flight_log

VOLTS = 3.8


def known_drone(**values: float) -> Drone:
    """A legacy drone with some numbers of its own."""
    return drone_of(load_airframe("cf21_legacy")).but(**values)


def made_up_log(
    drone: Drone, seconds: float = 12.0, name: str = "made_up.npz", swings: float = 1.0
) -> FlightLog:
    """Small swings about all axes on top of a hover that pulses, 500 Hz, nothing else."""
    t = np.arange(0.0, seconds, STEP_S)
    hover = np.linspace(1.0, VOLTS, 500)
    carried = _core.targets_from_volts(drone.parameters, np.repeat(hover[:, None], 4, axis=1))
    level = np.interp(drone.value("mass_kg") * 9.81 / 4.0, carried[:, 0], hover) / VOLTS

    def swing(hz: float) -> np.ndarray:
        return np.cos(2.0 * np.pi * hz * t)

    roll, pitch, yaw = swings * np.stack(
        [0.012 * swing(1.7), 0.012 * swing(2.3), 0.03 * swing(1.1)]
    )
    lift = swing(0.9)
    signs = ((-1, -1, -1), (-1, 1, 1), (1, 1, -1), (1, -1, 1))
    motors = [level + 0.01 * lift + a * roll + b * pitch + c * yaw for a, b, c in signs]
    pwm = np.stack(motors, axis=1)
    targets = _core.targets_from_volts(drone.parameters, pwm * VOLTS)
    delayed, thrust = _core.replay_rotors(drone.parameters, targets, STEP_S)
    start = np.array([[0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.8, 0.5, 0.0, 0.0, 0.0, 0.0]])
    # Started at rest the swings would be all to one side: begin with their mean rate taken off.
    for _ in range(2):
        states = _core.replay_body(
            drone.parameters, delayed, thrust, np.zeros(1, np.int32), start, len(t) - 1, 1, STEP_S
        )[0]
        if not drone.value("trim_torque_x_n_m"):
            start[0, 10:] -= 0.5 * (states[:, 10:].max(axis=0) + states[:, 10:].min(axis=0))
    return flight_log(name, {
        "t": t, "pos": states[:, :3], "quat_xyzw": states[:, 3:7], "vel": states[:, 7:10],
        "gyro": states[:, 10:], "pwm01": pwm, "vbat": np.full(len(t), VOLTS),
        "ok": np.ones(len(t), dtype=bool),
    })  # fmt: skip


COMMANDS_LATE_S = 0.02
"""So long after its stamp is a command of `commanded_log` obeyed."""


def commanded_log(
    thrust: float = 1.0, seconds: float = 8.0, name: str = "commanded.npz"
) -> FlightLog:
    """A cf21_plus on commands about a hover at 100 Hz, all thrusts of which it takes times one."""
    airframe = load_airframe("cf21_plus")
    parameters = airframe.parameters.copy()
    for key in ("battery_current_a_per_n15", "battery_resistance_ohm"):
        parameters[_core.PARAMETER_NAMES.index(key)] = 0.0
    sim = _core.FirmwareSim(parameters[None], _core.EstimateNoise(), 1)
    sim.place(0, [0.0, 0.0, 500.0], 0.0)
    sim.set_position(0, [0.0, 0.0, 500.0], 0.0)
    sim.step(2000)
    t = np.arange(0.0, seconds, 0.01)
    rates = 1.5 * np.cos(2.0 * np.pi * np.outer(t, (0.9, 1.1, 0.3)) + (0.0, 1.0, 2.0))
    lift = airframe.hover_thrust_n * (1.0 + 0.1 * np.sin(2.0 * np.pi * 0.7 * t))
    command = np.concatenate([lift[:, None], rates], axis=1)
    states = np.empty((len(t), 13))
    for i in range(len(t)):
        states[i] = sim.truth[0]
        lift_now, *w = command[max(i - round(COMMANDS_LATE_S / 0.01), 0)].tolist()
        sim.set_rate_thrust(0, thrust * lift_now, w)
        sim.step(5)
    return flight_log(name, {
        "t": t, "pos": states[:, :3], "quat_xyzw": states[:, 3:7], "vel": states[:, 7:10],
        "gyro": states[:, 10:], "command": command, "ok": np.ones(len(t), bool),
    })  # fmt: skip


def recordings() -> Path:
    """The folder of real recordings beside the repository; tests skip where there is none."""
    return Path(__file__).parents[2] / "shared" / "data"
