# SPDX-License-Identifier: Apache-2.0
"""A report's figures as rows for people and for the picture."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_WORDS = {
    "bench_thrust_rmse_n": ("thrust on the stand", "mN", 1e3),
    "translation_500ms_m": ("0.5 s ahead, attitude measured", "mm", 1e3),
    "translation_500ms_gain_m": ("the same, one gain a flight", "mm", 1e3),
    "rates_rad_s": ("body rates", "rad/s", 1.0),
    "pose_100ms_m": ("full motion, 100 ms, gain and trim", "mm", 1e3),
    "closed_loop_rmse_m": ("stock controller's path", "mm", 1e3),
    "downwash_rmse_g": ("downwash", "g", 1.0),
}


@dataclass(frozen=True)
class Row:
    """One figure.

    Attributes:
        measure: In words.
        data_set: Its name.
        unit: Of the numbers.
        ours: Root mean square error of the simulator.
        naive: Of the predictor that says nothing changes.
        published: Of others' numbers, by name.
        in_sample: Whether the files were fitted on.
    """

    measure: str
    data_set: str
    unit: str
    ours: float
    naive: float
    published: dict[str, float]
    in_sample: bool


def rows_of(report: dict[str, Any]) -> list[Row]:
    """All figures of a report, in its order."""
    return [row for key in _WORDS if key in report for row in _rows(key, report)]


def _rows(key: str, report: dict[str, Any]) -> Iterator[Row]:
    words, unit, scale = _WORDS[key]
    for name, figures in report[key].items():
        in_sample = bool(report["sets"][name]["in_sample"])
        if "ours_five_fold" in figures:
            figures, in_sample = figures | {"ours": figures["ours_five_fold"]}, False
        for horizon in [h for h in ("10ms", "100ms") if h in figures] or [""]:
            found = figures[horizon] if horizon else figures
            yield Row(
                f"{words}, {horizon.removesuffix('ms')} ms" if horizon else words,
                name,
                unit,
                scale * found["ours"],
                scale * found["naive"],
                {k: scale * v for k, v in found.get("published", {}).items()},
                in_sample,
            )
