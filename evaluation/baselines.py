# SPDX-License-Identifier: Apache-2.0
"""Who else flies: the stock controller and RAPTOR, live, on the very drones that a policy flies.

    stock    the firmware's own cascade (position and velocity loops at 100 Hz, attitude and rates
             at 500 Hz) follows the reference as position set-points, one every 10 ms
    raptor   `foundation-policy` (Eschmann et al. 2025): one recurrent network for any quadrotor,
             which commands motors; an extra, `pip install martlet[baselines]`

Drones and starts come from the same seeds as a policy's, and noise has the same size. Set-points
take the drone's drawn link delay; RAPTOR is meant to sit on board, and has none. What is not alike
is said in `NOT_ALIKE`, and stands beside the figures.
"""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import BaselineError
from evaluation.evaluate import Flown, Trial, drawn_drones, fly_episodes, judged
from evaluation.recording import Recording
from sim_core import _core
from sim_core.environment import Environment, load_environment
from sim_core.tasks import CONTROL_DT

Array = NDArray[np.float64]
Float32 = NDArray[np.float32]

NOT_ALIKE = {
    "stock": (
        "begins at rest and level with its rotors still, where a policy begins tilted and moving"
        " with rotors settled: the firmware double cannot be placed in motion",
        "its estimate is its own, on board, so that no delay lies between state and controller",
    ),
    "raptor": (
        "it sits on board, where it is meant to: no link delay, only the rotors' dead time",
        "its battery does not sag and its floor does not hold: the core takes motor commands"
        " through its plain physics alone",
    ),
}
"""How a baseline's flight differs from a policy's, a sentence each."""

BASELINES = tuple(NOT_ALIKE)

_SUBSTEPS = _core.SUBSTEPS
_STEP_S = _core.PHYSICS_STEP_S


def fly_baseline(
    name: str,
    task: str = "hover",
    episodes: int = 1000,
    seed: int = 1,
    *,
    environment: Environment | None = None,
) -> Flown:
    """Evaluate a baseline as `evaluation.evaluate` does a policy.

    Args:
        name: "stock" or "raptor".
        task: As for a policy.
        episodes: How many drones fly, once each.
        seed: Of drones, starts and noise.
        environment: What drones are drawn from, and their noise.

    Raises:
        BaselineError: No such baseline, or not installed.
    """
    makers: dict[str, Callable[[], Callable[..., Recording]]] = {
        "stock": lambda: fly_stock,
        "raptor": _raptor,
    }
    if name not in makers:
        raise BaselineError(f"baseline: expected one of {', '.join(makers)}, got {name!r}.")
    flyer = makers[name]()
    drawn_from = environment or load_environment("track")

    def fly(trial: Trial, count: int, chunk_seed: int) -> Recording:
        return flyer(trial, drawn_from, count, chunk_seed)

    flown = fly_episodes(name, fly, task, episodes, seed)
    flown.figures["not_alike"] = list(NOT_ALIKE[name])
    return flown


def fly_stock(trial: Trial, environment: Environment, count: int, seed: int) -> Recording:
    """The firmware's cascade on `count` drones."""
    drawn = drawn_drones(trial, environment, count, seed)
    parameters, begin = drawn.parameters.copy(), drawn.truth.astype(np.float64)
    noise = environment.core_settings().noise
    apart = parameters.copy()  # they share no air: each flies as if alone
    apart[:, _core.PARAMETER_NAMES.index("downwash")] = 0.0
    firmware = _core.FirmwareSim(apart, noise, seed)
    samples = trial.task.reference.samples.astype(np.float64)
    for drone in range(count):
        x, y, z, w = begin[drone, 3:7]
        yaw = float(np.arctan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z)))
        firmware.place(drone, begin[drone, :3].tolist(), yaw)
        firmware.set_position(drone, samples[0, :3].tolist(), samples[0, 3])
    steps = len(samples) - 1
    truth = np.empty((steps + 1, count, 13), dtype=np.float32)
    truth[0] = firmware.truth
    due = _by_remainder(_delay_steps(parameters, "link_delay_s"))
    for tick in range(steps):
        for drones in due:
            for drone, whole in drones:
                row = samples[max(tick - whole, 0)]
                firmware.set_position(drone, row[:3].tolist(), row[3])
            firmware.step(1)
        truth[tick + 1] = firmware.truth
    return judged(trial, truth, parameters, seed)


def _delay_steps(parameters: Float32, name: str) -> NDArray[np.int64]:
    """A delay in physics steps of 2 ms, shape (N,)."""
    delay_s = parameters[:, _core.PARAMETER_NAMES.index(name)]
    steps: NDArray[np.int64] = np.rint(delay_s / _STEP_S).astype(np.int64)
    return steps


def _by_remainder(delay_steps: NDArray[np.int64]) -> list[list[tuple[int, int]]]:
    """Drones, with their whole control steps of delay, by the physics step that is left over."""
    due: list[list[tuple[int, int]]] = [[] for _ in range(_SUBSTEPS)]
    for drone, delay in enumerate(delay_steps.tolist()):
        due[delay % _SUBSTEPS].append((drone, delay // _SUBSTEPS))
    return due


class MotorPolicy(Protocol):
    """A network from a drone's state to four motors; RAPTOR's interface."""

    def reset(self) -> None:
        """Forget the flight before."""

    def evaluate_step(self, observation: Array) -> Array:
        """Motors, shape (N, 4), within ±1, from observations (N, 22)."""


def _raptor() -> Callable[..., Recording]:
    try:
        from foundation_policy import Raptor
    except ImportError:
        raise BaselineError(
            "baseline raptor: not installed; pip install 'martlet[baselines]'."
        ) from None
    policy: MotorPolicy = Raptor()

    def fly(trial: Trial, environment: Environment, count: int, seed: int) -> Recording:
        return fly_motors(policy, trial, environment, count, seed)

    return fly


def fly_motors(
    policy: MotorPolicy, trial: Trial, environment: Environment, count: int, seed: int
) -> Recording:
    """A policy that commands motors on `count` drones, through the core's plain physics.

    The rotors' dead time holds a command back; gains, lag, drag and trim are each drone's own.
    """
    drawn = drawn_drones(trial, environment, count, seed)
    parameters = drawn.parameters.copy()
    numbers = parameters.astype(np.float64)
    share = {name: numbers[:, i] for i, name in enumerate(_core.PARAMETER_NAMES)}
    gains = share["thrust_gain"][:, None] * np.stack(
        [share[f"motor_gain_{i}"] for i in range(1, 5)], axis=1
    )
    hover = share["mass_kg"] * _core.GRAVITY_M_S2 / 4.0
    body = np.concatenate([drawn.truth, np.tile(hover[:, None], 4)], axis=1)
    delay = _delay_steps(parameters, "rotor_dead_time_s")
    sent = np.tile(hover[:, None], (int(delay.max()) // _SUBSTEPS + 2, 1, 4))  # newest first
    samples = trial.task.reference.samples.astype(np.float64)
    rng = np.random.default_rng((seed, 0x52))
    action = np.zeros((count, 4))
    truth = np.empty((len(samples), count, 13), dtype=np.float32)
    truth[0] = body[:, :13]
    policy.reset()
    for tick in range(len(samples) - 1):
        seen = _estimate(body, share, environment, rng)
        action = policy.evaluate_step(_observation(seen, samples, tick, action))
        sent = np.roll(sent, 1, axis=0)
        sent[0] = motor_thrust(action, share["thrust_max_n"]) * gains
        for drone, (whole, rest) in enumerate(zip(*np.divmod(delay, _SUBSTEPS), strict=True)):
            before, after = sent[whole + 1, drone], sent[whole, drone]
            for target, for_steps in ((before, rest), (after, _SUBSTEPS - rest)):
                body[drone] = _core.integrate(
                    numbers[drone], body[drone], target, _STEP_S, for_steps
                )
        truth[tick + 1] = body[:, :13]
    return judged(trial, truth, parameters, seed)


def motor_thrust(action: Array, thrust_max_n: Array) -> Array:
    """Thrust [N] that motors are asked for, shape (N, 4).

    An action runs from −1 to 1 over the PWM's range u = 0 to 1, as RAPTOR's firmware module has it;
    the thrust goes as 0.0915 u² + 0.0677 u (a Crazyflie's bench curve), scaled to the most that
    this airframe's motors give.
    """
    u = (np.clip(action, -1.0, 1.0) + 1.0) / 2.0
    out: Array = thrust_max_n[:, None] * (0.0915 * u * u + 0.0677 * u) / (0.0915 + 0.0677)
    return out


def _observation(seen: Array, samples: Array, tick: int, action: Array) -> Array:
    """RAPTOR's 22 numbers: position, rotation, velocity about the reference; rates; last action.

    In the frame of the reference's heading: the network was trained to hold yaw 0.
    """
    c, s = np.cos(samples[tick, 3]), np.sin(samples[tick, 3])
    to_heading = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
    following = samples[min(tick + 1, len(samples) - 1), :3]
    offset = (seen[:, :3] - samples[tick, :3]) @ to_heading.T
    velocity = (seen[:, 7:10] - (following - samples[tick, :3]) / CONTROL_DT) @ to_heading.T
    rotation = (to_heading @ _rotation(seen[:, 3:7])).reshape(-1, 9)
    return np.concatenate([offset, rotation, velocity, seen[:, 10:13], action], axis=1)


def _estimate(
    body: Array, share: dict[str, Array], environment: Environment, rng: np.random.Generator
) -> Array:
    """What the drone's estimate says: the truth, white noise, a bias of the attitude."""
    size, seen = environment.estimate, body[:, :13].copy()
    seen[:, :3] += size.position_m * rng.standard_normal((len(seen), 3))
    seen[:, 7:10] += size.velocity_m_s * rng.standard_normal((len(seen), 3))
    seen[:, 10:13] += size.body_rate_rad_s * rng.standard_normal((len(seen), 3))
    tilt = size.attitude_rad * rng.standard_normal((len(seen), 3))
    tilt[:, 0] += share["attitude_bias_x_rad"]
    tilt[:, 1] += share["attitude_bias_y_rad"]
    seen[:, 3:7] = _turned(seen[:, 3:7], tilt / 2.0)
    return seen


def _turned(q: Array, half_angle: Array) -> Array:
    """Unit q ⊗ (half_angle, 1): a small rotation in B put after q."""
    v, w = q[:, :3], q[:, 3:]
    vector = w * half_angle + v + np.cross(v, half_angle)
    scalar = w - np.sum(v * half_angle, axis=1, keepdims=True)
    out = np.concatenate([vector, scalar], axis=1)
    turned: Array = out / np.linalg.norm(out, axis=1, keepdims=True)
    return turned


def _rotation(q: Array) -> Array:
    """R_WB of unit quaternions x y z w, shape (N, 3, 3)."""
    x, y, z, w = q.T
    rows: Any = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.moveaxis(np.array(rows), 2, 0)
