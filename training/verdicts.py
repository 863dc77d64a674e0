# SPDX-License-Identifier: Apache-2.0
"""What the referee saw of an actor in training, by task."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Protocol


class Verdict(Protocol):
    """What the referee saw."""

    @property
    def score(self) -> float:
        """One number to compare verdicts of a run by: the higher, the better."""

    @property
    def best_score(self) -> float:
        """What no score exceeds."""

    def figures(self) -> dict[str, float]:
        """All of it, by name."""

    def told(self) -> dict[str, tuple[str, str]]:
        """For people: by label, the text and what it stands for in a table."""


@dataclass(frozen=True)
class TrackVerdict:
    """Hover and tracking.

    Attributes:
        hover_error_m: Median over drones of the mean error of the last 2 s.
        track_rmse_m: Median over drones.
        crash_rate: Share of all these flights that crashed.
        episodes: How many there were.
    """

    hover_error_m: float
    track_rmse_m: float
    crash_rate: float
    episodes: int

    @property
    def score(self) -> float:
        """Decades of error below 1 m, less the crashes."""
        errors = [min(self.hover_error_m, 10.0), min(self.track_rmse_m, 10.0)]
        return -sum(math.log10(max(e, 1e-4)) for e in errors) / 2.0 - self.crash_rate

    @property
    def best_score(self) -> float:
        """See `Verdict`."""
        return math.inf

    def figures(self) -> dict[str, float]:
        """See `Verdict`."""
        return dataclasses.asdict(self)

    def told(self) -> dict[str, tuple[str, str]]:
        """See `Verdict`."""
        return {
            "hover": (_centimetres(self.hover_error_m), "error, median"),
            "lemniscate": (_centimetres(self.track_rmse_m), "RMSE, median"),
            "crashed": (f"{self.crash_rate:4.0%}", f"of {self.episodes} flights"),
        }


@dataclass(frozen=True)
class RaceVerdict:
    """Races.

    Attributes:
        success_rate: Share that finished, or flew on to the end where there is no finish.
        gates_passed: Mean.
        gates_passed_share: Mean.
        lap_time_s: Median of those that finished, or of the best laps; infinite without any.
        crash_rate: Share that crashed.
        episodes: How many there were.
    """

    success_rate: float
    gates_passed: float
    gates_passed_share: float
    lap_time_s: float
    crash_rate: float
    episodes: int

    @property
    def score(self) -> float:
        """Share of the gates that were passed, and of the races finished."""
        return self.gates_passed_share + self.success_rate

    @property
    def best_score(self) -> float:
        """See `Verdict`."""
        return 2.0

    def figures(self) -> dict[str, float]:
        """See `Verdict`."""
        return dataclasses.asdict(self)

    def told(self) -> dict[str, tuple[str, str]]:
        """See `Verdict`."""
        lap = f"{self.lap_time_s:5.2f} s" if math.isfinite(self.lap_time_s) else "   none"
        return {
            "finished": (f"{self.success_rate:6.1%}", f"of {self.episodes} races"),
            "gates": (f"{self.gates_passed:4.1f}", "passed, mean"),
            "lap": (lap, "median"),
            "crashed": (f"{self.crash_rate:4.0%}", f"of {self.episodes} races"),
        }


@dataclass(frozen=True)
class TaskVerdict:
    """A task without a referee of its own.

    Attributes:
        episode_return: Mean sum of rewards of an episode.
        failed_rate: Share of the episodes that ended before their time.
        episodes: How many there were.
    """

    episode_return: float
    failed_rate: float
    episodes: int

    @property
    def score(self) -> float:
        """The episodes that lasted."""
        return 1.0 - self.failed_rate

    @property
    def best_score(self) -> float:
        """See `Verdict`."""
        return 1.0

    def figures(self) -> dict[str, float]:
        """See `Verdict`."""
        return dataclasses.asdict(self)

    def told(self) -> dict[str, tuple[str, str]]:
        """See `Verdict`."""
        return {
            "return": (f"{self.episode_return:+8.2f}", "an episode, mean"),
            "failed": (f"{self.failed_rate:4.0%}", f"of {self.episodes} episodes"),
        }


@dataclass(frozen=True)
class SwarmVerdict:
    """Formations.

    Attributes:
        collision_free_rate: Share of worlds without collision and crash.
        collisions_per_drone_minute: Mean.
        slot_error_m: Mean of settled drones.
        min_separation_m: Median of worlds.
        crash_rate: Share of drones that crashed.
        episodes: Worlds.
    """

    collision_free_rate: float
    collisions_per_drone_minute: float
    slot_error_m: float
    min_separation_m: float
    crash_rate: float
    episodes: int

    @property
    def score(self) -> float:
        """Share of clean worlds, and decades of slot error below 1 m."""
        return self.collision_free_rate - math.log10(min(max(self.slot_error_m, 1e-4), 10.0))

    @property
    def best_score(self) -> float:
        """See `Verdict`."""
        return math.inf

    def figures(self) -> dict[str, float]:
        """See `Verdict`."""
        return dataclasses.asdict(self)

    def told(self) -> dict[str, tuple[str, str]]:
        """See `Verdict`."""
        return {
            "clean": (f"{self.collision_free_rate:4.0%}", f"of {self.episodes} worlds"),
            "slots": (_centimetres(self.slot_error_m), "error, mean"),
        }


@dataclass(frozen=True)
class AllVerdict:
    """All of it, but for what a run does not train; `rings` are the second kind of course."""

    track: TrackVerdict | None = None
    race: RaceVerdict | None = None
    rings: RaceVerdict | None = None
    swarm: SwarmVerdict | None = None

    @property
    def score(self) -> float:
        """The sum."""
        return sum(part.score for part in self._parts().values())

    @property
    def best_score(self) -> float:
        """See `Verdict`."""
        return sum(part.best_score for part in self._parts().values())

    def figures(self) -> dict[str, float]:
        """See `Verdict`; with the part's name before each, but for tracking."""
        return {
            key if name == "track" else f"{name}_{key}": value
            for name, part in self._parts().items()
            for key, value in part.figures().items()
        }

    def told(self) -> dict[str, tuple[str, str]]:
        """See `Verdict`."""
        said = {name: part.told() for name, part in self._parts().items()}
        shown = {
            "track": {"hover": "hover", "lemniscate": "lemniscate"},
            "race": {"finished": "raced", "lap": "lap"},
            "rings": {"gates": "rings"},
            "swarm": {"clean": "clean", "slots": "slots"},
        }
        return {
            label: said[name][key]
            for name, labels in shown.items()
            if name in said
            for key, label in labels.items()
        }

    def _parts(self) -> dict[str, Verdict]:
        parts: dict[str, Verdict | None] = {
            "track": self.track, "race": self.race, "rings": self.rings, "swarm": self.swarm,
        }  # fmt: skip
        return {name: part for name, part in parts.items() if part is not None}


def _centimetres(metres: float) -> str:
    return f"{metres * 100:5.1f} cm" if math.isfinite(metres) else "  lost  "
