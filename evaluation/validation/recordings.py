# SPDX-License-Identifier: Apache-2.0
"""The data sets known by name (recordings.toml), and the files fitted on (splits.toml)."""

from dataclasses import dataclass
from pathlib import Path

from sim_core.errors import SettingsError
from sim_core.settings_file import build, read_toml_file

_HERE = Path(__file__).parent

Three = tuple[float, float, float]


@dataclass(frozen=True)
class RecordedSet:
    """What a data set's files do not say of themselves.

    Attributes:
        airframe: Of the drone that flew.
        measures: Words of "translation gain rates pose closed_loop downwash bench".
        source: Where the recordings are published, and their licence.
        mass_kg: Of the drone as flown; 0: the airframe's.
        thrust: What tells the rotors' thrust, "volts" (PWM times battery) or "rpm".
        volts: The battery's under load, where no log has them.
        markers: Whether the attitude is that of motion capture's markers, not the drone's own.
    """

    airframe: str
    measures: str
    source: str = ""
    mass_kg: float = 0.0
    thrust: str = "volts"
    volts: float = 3.75
    markers: bool = False


def known_sets() -> dict[str, RecordedSet]:
    """Every data set of recordings.toml, by the name of its folder."""
    path = _HERE / "recordings.toml"
    return {
        name: build(RecordedSet, table, f"{path}: {name}")
        for name, table in read_toml_file(path).items()
    }


def fitted_files() -> dict[str, frozenset[str]]:
    """Names of the files that numbers may be fitted on, by data set."""
    table = read_toml_file(_HERE / "splits.toml")
    if not all(isinstance(names, list) for names in table.values()):
        raise SettingsError("splits.toml: expected a list of file names for each data set.")
    return {name: frozenset(files) for name, files in table.items()}
