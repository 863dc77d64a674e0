# SPDX-License-Identifier: Apache-2.0
"""Force on the lower of two drones, from where the upper one is.

Fz = -a / (dz + b)^2 exp(-lat^2 / (2 (c + d dz)^2)): a jet that widens and slows with depth.
"""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import LogError

Array = NDArray[np.float64]

SCORED_M = (0.1, 1.2)
"""Heights of the upper drone above the lower one between which the model is judged."""

NEAR_M = 0.15
"""Nothing was measured further aside."""

JUMP_M = 0.2
"""A position that jumps by more begins another run."""

Coefficients = tuple[float, float, float, float]

MEASURED: Coefficients = (12.05, 0.828, 0.029, 0.078)
"""a [g m²], b [m], c [m], d: fit to one CF2.1 under another (neural-swarm, decoded)."""


@dataclass(frozen=True, eq=False)
class DownwashLog:
    """Where the other drone was [m; W], shape (N, 3), and the vertical force [gram-force], (N,)."""

    name: str
    relative_m: Array
    force_g: Array

    @property
    def scored(self) -> NDArray[np.bool_]:
        """The rows between the heights that count."""
        dz = self.relative_m[:, 2]
        return (dz > SCORED_M[0]) & (dz < SCORED_M[1])

    @property
    def aside_m(self) -> Array:
        """Horizontal distance, shape (N,)."""
        return np.hypot(self.relative_m[:, 0], self.relative_m[:, 1])

    def runs(self) -> NDArray[np.int64]:
        """Number of the run that each row belongs to, shape (N,)."""
        jumps = np.linalg.norm(np.diff(self.relative_m, axis=0), axis=1) > JUMP_M
        return np.concatenate([[0], np.cumsum(jumps)])


def read_downwash_log(path: Path) -> DownwashLog:
    """Read a recording of two drones.

    Raises:
        LogError: Not such a file, or other units.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            relative = archive["rel_other_minus_self"].astype(np.float64)
            force = archive["fa_world_gram"].astype(np.float64)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        raise LogError(
            f"{path}: expected an .npz with rel_other_minus_self and fa_world_gram, got none."
        ) from None
    if relative.ndim != 2 or relative.shape[1:] != (3,) or force.shape != relative.shape:
        raise LogError(f"{path.name}: expected (N, 3) twice, got {relative.shape}, {force.shape}.")
    for name, values in (("rel_other_minus_self", relative), ("fa_world_gram", force)):
        if not np.isfinite(values).all():
            raise LogError(f"{path.name}: {name}: expected numbers, got NaN or infinity.")
    if np.abs(relative).max() > 20.0:
        raise LogError(
            f"{path.name}: rel_other_minus_self: expected m, got up to {np.abs(relative).max():g}."
        )
    spread = float(np.percentile(np.abs(force[:, 2]), 99.0))
    if not 0.5 < spread < 100.0:
        raise LogError(
            f"{path.name}: fa_world_gram: expected gram-force, a few of it, got {spread:.3g}: in N?"
        )
    log = DownwashLog(path.name, relative, force[:, 2])
    if not log.scored.any():
        raise LogError(f"{path.name}: expected an upper drone 0.1 to 1.2 m above, found none.")
    return log


def downwash_g(relative_m: Array, coefficients: Coefficients = MEASURED) -> Array:
    """Vertical force [gram-force] for where the other drone is [m; W], (N, 3) to (N,)."""
    a, b, c, d = coefficients
    dz = np.maximum(relative_m[:, 2], 0.0)
    lat2 = (relative_m[:, :2] ** 2).sum(axis=1)
    out: Array = -a / (dz + b) ** 2 * np.exp(-lat2 / (2.0 * (c + d * dz) ** 2))
    return out


def fit_downwash(log: DownwashLog, rows: NDArray[np.bool_]) -> Coefficients:
    """The coefficients that fit these rows best."""
    from scipy.optimize import least_squares

    relative, force = log.relative_m[rows & log.scored], log.force_g[rows & log.scored]

    def errors(x: Array) -> Array:
        return downwash_g(relative, (x[0], x[1], x[2], x[3])) - force

    found = least_squares(errors, MEASURED, bounds=([0.0, 0.05, 0.005, 0.0], [50.0, 3.0, 0.3, 1.0]))
    a, b, c, d = (float(v) for v in found.x)
    return a, b, c, d


def cross_validated_errors(log: DownwashLog, folds: int = 5) -> Array:
    """Errors [g] on each fifth of the runs, of a fit to the other four, scored rows alone."""
    run = log.runs()
    # Runs are dealt out by their length, so that folds weigh alike.
    lengths = np.bincount(run)
    fold_of = np.zeros(len(lengths), dtype=int)
    held = np.zeros(folds)
    for number in np.argsort(-lengths, kind="stable"):
        fold_of[number] = int(np.argmin(held))
        held[fold_of[number]] += lengths[number]
    errors = np.full(len(run), np.nan)
    for fold in range(folds):
        test = fold_of[run] == fold
        if not (test & log.scored).any() or not (~test & log.scored).any():
            continue
        predicted = downwash_g(log.relative_m[test], fit_downwash(log, ~test))
        errors[test] = predicted - log.force_g[test]
    kept: Array = errors[log.scored & np.isfinite(errors)]
    return kept
