# SPDX-License-Identifier: Apache-2.0
"""Which recordings a path holds, by data set."""

from dataclasses import dataclass, replace
from pathlib import Path

from evaluation.errors import LogError
from evaluation.validation.recordings import RecordedSet, fitted_files, known_sets
from sim_core.flight_log import FlightLog

OWN_AIRFRAME = "cf21_plus"
"""Of logs that no known set holds, where nobody says another."""

_SUFFIXES = (".npz", ".csv")


@dataclass(frozen=True)
class FoundSet:
    """Recordings that belong together.

    Attributes:
        name: Of the folder.
        recorded: What is known of them; `measures` is empty where the files themselves must tell.
        scored: Files to judge by.
        fitted: Files that numbers were fitted on; judged alone where there is no other.
    """

    name: str
    recorded: RecordedSet
    scored: tuple[Path, ...]
    fitted: tuple[Path, ...]

    @property
    def judged(self) -> tuple[Path, ...]:
        """The files that the figures are of."""
        return self.scored or self.fitted


def find_sets(data: Path, airframe: str | None = None) -> list[FoundSet]:
    """The data sets of a folder of folders, of one folder, or of one file.

    Args:
        data: Where to look.
        airframe: Of the drones that flew, where the set is not a known one; of all, where given.

    Raises:
        LogError: No such path, or no recording in it.
    """
    if not data.exists():
        raise LogError(f"{data}: expected a folder of flight logs or a log, there is no such path.")
    if data.is_file():
        if data.suffix not in _SUFFIXES:
            raise LogError(f"{data}: expected a flight log (.npz), a stand's .csv or a bag.")
        return [_set_of(data.resolve().parent.name, [data], airframe)]
    folders = [data, *sorted(p for p in data.iterdir() if p.is_dir())]
    found = []
    for folder in folders:
        files = sorted(p for p in folder.iterdir() if p.suffix in _SUFFIXES and p.is_file())
        if files:
            found.append(_set_of(folder.resolve().name, files, airframe))
    if not found:
        raise LogError(
            f"{data}: expected flight logs (.npz) in it or in its folders, or a bag, found none."
        )
    return found


def _set_of(name: str, files: list[Path], airframe: str | None) -> FoundSet:
    recorded = known_sets().get(name) or RecordedSet(airframe or OWN_AIRFRAME, measures="")
    if airframe:
        recorded = replace(recorded, airframe=airframe)
    known = fitted_files().get(name, frozenset())
    return FoundSet(
        name,
        recorded,
        tuple(f for f in files if f.name not in known),
        tuple(f for f in files if f.name in known),
    )


def measures_of(log: FlightLog) -> str:
    """What a log's own columns permit to judge."""
    posed = log.pos is not None and log.vel is not None and log.quat_xyzw is not None
    words = []
    if posed and (log.pwm01 is not None or log.rpm is not None or log.command is not None):
        words += ["translation", "gain"]
    if log.pwm01 is not None:
        words += ["rates"] + (["pose"] if posed else [])
    if posed and log.setpoint is not None:
        words += ["closed_loop"]
    return " ".join(words)


def thrust_source(log: FlightLog, recorded: RecordedSet) -> str:
    """What tells the rotors' thrust in a log of no known set."""
    if recorded.measures:
        return recorded.thrust
    if log.pwm01 is not None:
        return "volts"
    return "rpm" if log.rpm is not None else "command"
