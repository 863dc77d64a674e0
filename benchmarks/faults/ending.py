# SPDX-License-Identifier: Apache-2.0
"""Where a drone ended: inside the fence or how far out, on the ground or not, and how hard."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

TOUCH_M = 0.01


class SpoiledError(Exception):
    """The flight went wrong before anything was to fail: a machine that stalls, over the twin."""


def ending(
    times_s: Sequence[float],
    places: NDArray[np.float32],
    box: tuple[Any, Any],
    *,
    turning: bool,
) -> dict[str, Any]:
    """Look at one drone's flight from the fault on.

    Args:
        times_s: Since any time, rising, shape (T,).
        places: Its true states, shape (T, 13).
        box: The fence's corners [m; W].
        turning: Whether its motors turn at the end.

    Returns:
        `beyond_fence_m`: how far outside at most, below 0: how far from the nearest wall at least,
        to the sides and above; `went_m`: how far from where the fault struck, to the sides;
        `touchdown_m_s`: how fast it fell just before it touched the ground; `down_s`: when.
    """
    low, high = (np.array(corner) for corner in box)
    p = places[:, :3].astype(np.float64)
    beyond = np.maximum(p - high, low - p)
    beyond[:, 2] = p[:, 2] - high[2]
    touched = np.flatnonzero(p[:, 2] < TOUCH_M)
    first = int(touched[0]) if len(touched) else len(p)
    falling = places[max(first - 3, 0) : first, 9] if len(touched) else np.zeros(0)
    inside = bool((beyond[-1] <= 0.0).all())
    on_ground = bool(len(touched)) and not turning
    return {
        "ended": ("on the ground" if on_ground else "in the air")
        + (" inside the fence" if inside else f" {beyond[-1].max():.1f} m outside the fence"),
        "beyond_fence_m": round(float(beyond.max()), 2),
        "went_m": round(float(np.linalg.norm(p[:, :2] - p[0, :2], axis=1).max()), 2),
        "touchdown_m_s": round(float(-falling.min(initial=0.0)), 2) if len(touched) else None,
        "down_s": round(float(times_s[first] - times_s[0]), 1) if len(touched) else None,
    }
