# SPDX-License-Identifier: Apache-2.0
"""Errors collected over the files of a set, and the figures they come to."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import LogError

Array = NDArray[np.float64]


class Tally:
    """Errors by predictor ("ours", "naive", a published set's name) and file."""

    def __init__(self, figure: Callable[[Array], float]) -> None:
        """Collect errors of which `figure` makes one number."""
        self._figure = figure
        self._errors: dict[str, dict[str, Array]] = {}

    def add(self, predictor: str, file: str, errors: Array) -> None:
        """Take in the errors of one file, one row a window."""
        self._errors.setdefault(predictor, {})[file] = errors

    def figures(self) -> dict[str, Any]:
        """`ours` and `naive` over all windows; `published` by name; `files`, ours one by one.

        Raises:
            LogError: No file is long enough for a window.
        """
        totals = {name: self._total(files) for name, files in self._errors.items()}
        published = {k: v for k, v in totals.items() if k not in ("ours", "naive")}
        out: dict[str, Any] = {"ours": totals["ours"], "naive": totals["naive"]}
        if published:
            out["published"] = published
        out["files"] = {
            file: rounded(self._figure(errors))
            for file, errors in self._errors["ours"].items()
            if len(errors)
        }
        out["windows"] = sum(len(errors) for errors in self._errors["ours"].values())
        return out

    def _total(self, files: dict[str, Array]) -> float:
        errors = np.concatenate(list(files.values()))
        if not len(errors):
            raise LogError(
                f"{', '.join(files)}: expected one window of unbroken flight, found none."
            )
        return rounded(self._figure(errors))


def rounded(value: float) -> float:
    """To four digits, as a report states it."""
    return float(f"{value:.4g}")
