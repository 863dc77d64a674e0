# SPDX-License-Identifier: Apache-2.0
"""What several drones fly together, as a text that is sent over a wire, and as it is flown.

A swarm flies from where its drones hover into a formation, and home again after it; a mixed flight
begins and ends in its own slots.
"""

import json
import math
import tomllib
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim_core.errors import SettingsError
from sim_core.formation_ways import led_out
from sim_core.formations import FormationTask, load_formation
from sim_core.frames import yaw_of
from sim_core.mixed import MixedTask, load_mixed
from sim_core.settings_file import build

NEAR_M = 0.3
"""Who flies a mixed task begins it so near to its slot, in a hover.  # guess: a takeoff with the
drone's own controller ends within 0.15 m"""


@dataclass(frozen=True, eq=False)
class GroupFlight:
    """A task of several drones as it is flown.

    Attributes:
        task: The task, with the ways before and after it.
        proper_s: When the task proper begins and ends: without these ways.
    """

    task: FormationTask | MixedTask
    proper_s: tuple[float, float]

    @property
    def formation(self) -> FormationTask:
        """Where the drones should be; of a mixed flight, while they do not race."""
        return self.task if isinstance(self.task, FormationTask) else self.task.formation


@dataclass(frozen=True)
class SwarmText:
    """A swarm as a text: `kind = 'swarm'` and what differs from here."""

    scenario: str = "mix"
    seed: int = 0

    def text(self) -> str:
        """The text, TOML: a name is quoted as in JSON, which TOML reads alike."""
        return f"kind = 'swarm'\nscenario = {json.dumps(self.scenario)}\nseed = {self.seed}"

    def formation(self, drones: int) -> FormationTask:
        """The formation alone.

        Raises:
            SettingsError: No such formation, or not of so many drones.
        """
        return load_formation(self.scenario, drones, self.seed)

    def flight(self, places: ArrayLike) -> GroupFlight:
        """Into the formation, and home; see `group_flight`."""
        start = np.asarray(places, np.float64)
        proper = self.formation(len(start))
        led = load_formation(self.scenario, len(start), self.seed, start)
        begin_s = led.duration_s - proper.duration_s
        return GroupFlight(led_out(led, start), (begin_s, begin_s + proper.duration_s))


@dataclass(frozen=True)
class MixedText:
    """A mixed flight as a text: `kind = 'mixed'` and what differs from here."""

    track: str = "lsy"
    level: int = 0
    seed: int = 0

    def text(self) -> str:
        """The text, TOML."""
        track = json.dumps(self.track)
        return f"kind = 'mixed'\ntrack = {track}\nlevel = {self.level}\nseed = {self.seed}"

    def mixed(self, drones: int) -> MixedTask:
        """The task alone.

        Raises:
            SettingsError: No such track or level, or no room for so many drones above it.
        """
        return load_mixed(drones, self.track, self.level, self.seed)

    def flight(self, places: ArrayLike) -> GroupFlight:
        """From the slots into the slots; see `group_flight`."""
        start = np.asarray(places, np.float64)
        task = self.mixed(len(start))
        off = np.linalg.norm(start[:, :3] - task.formation.slots[:, 0, :3], axis=1)
        if not (off <= NEAR_M).all():
            worst = int(np.argmax(np.where(np.isnan(off), math.inf, off)))
            raise SettingsError(
                f"{task.name}: expected drones that hover within {NEAR_M:g} m of their first slots,"
                f" got drone {worst} {off[worst]:.2f} m off."
            )
        return GroupFlight(task, (0.0, task.duration_s))


def hovers(states: ArrayLike) -> NDArray[np.float64]:
    """Where drones of states (N, 13) hover: x, y, z [m; W] and yaw [rad], shape (N, 4)."""
    rows = np.asarray(states, np.float64)
    return np.column_stack([rows[:, :3], [yaw_of(row[3:7]) for row in rows]])


def group_text_of(task: str) -> SwarmText | MixedText | None:
    """What several drones fly together: "swarm", "mixed", or a text as written here; else None.

    Raises:
        SettingsError: A text with keys or values that are none.
    """
    if task in ("swarm", "mixed"):
        return SwarmText() if task == "swarm" else MixedText()
    try:
        table = tomllib.loads(task)
    except tomllib.TOMLDecodeError:
        return None
    kind = table.pop("kind", None)
    if kind == "swarm":
        return build(SwarmText, table, "swarm")
    return build(MixedText, table, "mixed") if kind == "mixed" else None


def group_flight(task: str, places: ArrayLike) -> GroupFlight | None:
    """A task of several drones from where they hover; None of a task that each flies for itself.

    Args:
        task: As `group_text_of` takes it.
        places: Where they hover, x, y, z [m; W] and maybe yaw [rad], shape (N, ≥ 3).

    Raises:
        SettingsError: A task that cannot be loaded, or not be flown from there.
    """
    text = group_text_of(task)
    return None if text is None else text.flight(places)
