# SPDX-License-Identifier: Apache-2.0
"""What a policy is trained in: an environment file as a frozen, validated model."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sim_core import _core
from sim_core.airframe import Airframe, load_airframe
from sim_core.errors import SettingsError
from sim_core.randomization import ParameterBox, randomized_box, range_faults
from sim_core.settings_file import build, override, read_toml_file

_FOLDER = Path(__file__).parent / "environments"
_ESTIMATES = Path(__file__).parent / "estimates"

ESTIMATES = ("mocap", "onboard")
"""Kinds of estimate, a file each."""

MOST_STEPS = 100_000
"""Of an episode: a quarter of an hour."""

MOST_REFERENCES = 10_000


@dataclass(frozen=True)
class Episode:
    """When an episode ends."""

    max_steps: int
    max_distance_m: float
    max_body_rate_rad_s: float


@dataclass(frozen=True)
class Start:
    """Half-widths of the uniform draws of a start, about the reference."""

    position_m: float
    velocity_m_s: float
    tilt_rad: float
    yaw_rad: float
    body_rate_rad_s: float


@dataclass(frozen=True)
class Estimate:
    """The state estimate: standard deviations of white noise, bias, lag.

    `kind` names a file under estimates/, whose values hold where the environment gives none.
    """

    kind: Literal["mocap", "onboard"]
    position_m: float
    position_z_m: float
    velocity_m_s: float
    velocity_z_m_s: float
    attitude_rad: float
    body_rate_rad_s: float
    attitude_bias_rad: float
    lag_s: float

    def exact(self) -> "Estimate":
        """One that tells the truth at once."""
        return Estimate(self.kind, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

    def noise(self) -> _core.EstimateNoise:
        """The white noise, for the core."""
        noise = _core.EstimateNoise()
        noise.position_m, noise.position_z_m = self.position_m, self.position_z_m
        noise.velocity_m_s, noise.velocity_z_m_s = self.velocity_m_s, self.velocity_z_m_s
        noise.attitude_rad, noise.body_rate_rad_s = self.attitude_rad, self.body_rate_rad_s
        return noise

    def ranges(self) -> dict[str, dict[str, list[float]]]:
        """Bias and lag as [randomization] writes them; a file's own ranges go before them."""
        bias = self.attitude_bias_rad
        return {
            "attitude_bias_rad": {"range": [-bias, bias]},
            "estimate_lag_s": {"range": [self.lag_s, self.lag_s]},
        }


@dataclass(frozen=True)
class Action:
    """What a policy may command: thrust as a share of the airframe's maximum, body rates."""

    thrust_low: float
    thrust_high: float
    body_rate_rad_s: tuple[float, float, float]


@dataclass(frozen=True)
class Reward:
    """Weights of the reward's terms, per control step."""

    scale: float
    distance: float
    precision: float
    precision_width_m: float
    velocity: float
    body_rate: float
    heading: float
    smoothness: float
    overshoot: float
    effort: float
    crash: float


@dataclass(frozen=True)
class References:
    """Shares and shapes of the paths flown in training."""

    count: int
    hover: float
    lemniscate: float
    lissajous: float
    period_s: tuple[float, float]
    max_acceleration_m_s2: float
    yaw_rad: float


@dataclass(frozen=True)
class TrackEnvironment:
    """Settings of the tracking environment; the file beside them says what each is for."""

    airframe: str
    episode: Episode
    start: Start
    estimate: Estimate
    action: Action
    reward: Reward
    references: References
    randomization: dict[str, dict[str, list[float]]]

    def load_airframe(self) -> Airframe:
        """The airframe that the file names."""
        return load_airframe(self.airframe)

    def parameter_box(self) -> ParameterBox:
        """Bounds of the drones drawn in training."""
        return randomized_box(self.load_airframe(), self.ranges(), "environment")

    def ranges(self) -> dict[str, dict[str, list[float]]]:
        """What is drawn each episode: [randomization], and the estimate's bias and lag."""
        return self.estimate.ranges() | self.randomization

    def command_limits(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Lowest and highest command [N, rad/s], each of shape (4,)."""
        thrust = self.load_airframe().max_thrust_n
        rates = self.action.body_rate_rad_s
        low = np.array([self.action.thrust_low * thrust, *(-r for r in rates)], np.float32)
        high = np.array([self.action.thrust_high * thrust, *rates], np.float32)
        return low, high

    def core_settings(self) -> _core.VecSettings:
        """The same for the compiled core."""
        settings = _core.VecSettings()
        box = self.parameter_box()
        settings.set_box(box.low.tolist(), box.high.tolist())
        low, high = self.command_limits()
        settings.limits = _core.CommandLimits(low[0], high[0], high[1:].tolist())
        sections = {
            "start": (_core.StartRanges(), self.start),
            "reward": (_core.TrackReward(), self.reward),
            "episode": (_core.TrackEpisode(), self.episode),
        }
        settings.noise = self.estimate.noise()
        for name, (core, section) in sections.items():
            for key, value in vars(section).items():
                setattr(core, key, value)
            setattr(settings, name, core)
        return settings


def load_environment(name_or_path: str | Path, changes: Iterable[str] = ()) -> TrackEnvironment:
    """Load an environment by its name, or from a file of one's own.

    Args:
        name_or_path: "track", or the path of a .toml file.
        changes: Texts like `start.position_m=0.5`, applied on top.

    Raises:
        SettingsError: Every fault of the file in one sentence.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = _FOLDER / f"{name_or_path}.toml"
        if not path.exists():
            known = ", ".join(sorted(p.stem for p in _FOLDER.glob("*.toml")))
            raise SettingsError(
                f"environment: expected one of {known} or a .toml file, got {str(name_or_path)!r}."
            )
    table = read_toml_file(path)
    override(table, _expanded(table, changes, str(path)), str(path))
    environment = build(TrackEnvironment, table, str(path))
    faults = _faults(environment)
    faults += range_faults(environment.load_airframe(), environment.ranges())
    if faults:
        raise SettingsError(f"{path}: {'; '.join(faults)}.")
    return environment


def _expanded(table: dict[str, Any], changes: Iterable[str], where: str) -> list[str]:
    """Give [estimate] the values of its kind, as changed; returns the other changes."""
    changes = list(changes)
    of_kind = [c for c in changes if c.partition("=")[0].strip() == "estimate.kind"]
    override(table, of_kind, where)
    estimate = table.get("estimate")
    if isinstance(estimate, dict) and estimate.get("kind") in ESTIMATES:
        kind = read_toml_file(_ESTIMATES / f"{estimate['kind']}.toml")
        table["estimate"] = kind | estimate
    return [c for c in changes if c not in of_kind]


def _faults(environment: TrackEnvironment) -> list[str]:
    action, episode, paths = environment.action, environment.episode, environment.references
    faults = []
    if not 0.0 <= action.thrust_low < action.thrust_high <= 1.0:
        faults.append(
            "action: expected 0 <= thrust_low < thrust_high <= 1, got"
            f" {action.thrust_low:g} and {action.thrust_high:g}"
        )
    positive = {
        "episode.max_distance_m": episode.max_distance_m,
        "episode.max_body_rate_rad_s": episode.max_body_rate_rad_s,
        "action.body_rate_rad_s": min(action.body_rate_rad_s),
        "reward.precision_width_m": environment.reward.precision_width_m,
        "references.max_acceleration_m_s2": paths.max_acceleration_m_s2,
        "references.period_s": min(paths.period_s),
    }
    faults += [f"{name}: expected more than 0, got {v:g}" for name, v in positive.items() if v <= 0]
    spreads = {
        f"{section}.{name}": value
        for section in ("start", "estimate")
        for name, value in vars(getattr(environment, section)).items()
        if isinstance(value, float)
    } | {"references.yaw_rad": paths.yaw_rad}
    faults += [f"{name}: expected 0 or more, got {v:g}" for name, v in spreads.items() if v < 0]
    counts = {
        "episode.max_steps": (episode.max_steps, MOST_STEPS),
        "references.count": (paths.count, MOST_REFERENCES),
    }
    faults += [
        f"{name}: expected 1 to {most}, got {v}"
        for name, (v, most) in counts.items()
        if not 1 <= v <= most
    ]
    if paths.period_s[0] > paths.period_s[1]:
        faults.append(f"references.period_s: expected low to high, got {list(paths.period_s)}")
    shares = (paths.hover, paths.lemniscate, paths.lissajous)
    if min(shares) < 0.0 or abs(sum(shares) - 1.0) > 1e-6:
        faults.append(f"references: expected shares that sum to 1, got {shares}")
    return faults
