# SPDX-License-Identifier: Apache-2.0
"""Straights against solids: when a point that flies straight is inside something.

A straight goes from one sample to the next; `share` runs from 0 to 1 along it. Many are looked at
at once; coordinates are relative to the solid's middle. An empty stretch has its start after its
end. Float64 numpy, and nothing of ours.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = tuple[NDArray[np.intp], ...]

Line = tuple[Array, Array]
"""A coordinate on straights: where it begins, and by how much it changes, each (M,)."""


def slab(begin: Array, change: Array, half: Array | float) -> Line:
    """Shares of the straight between which |begin + share · change| ≤ half."""
    with np.errstate(divide="ignore", invalid="ignore"):
        one, two = (-half - begin) / change, (half - begin) / change
    still = change == 0.0
    inside = np.abs(begin) <= half
    low = np.where(still, np.where(inside, -np.inf, np.inf), np.minimum(one, two))
    high = np.where(still, np.where(inside, np.inf, -np.inf), np.maximum(one, two))
    return low, high


def half_line(begin: Array, change: Array, top: Array | float) -> Line:
    """Shares between which begin + share · change ≤ top."""
    with np.errstate(divide="ignore", invalid="ignore"):
        at = (top - begin) / change
    level = np.where(begin <= top, np.inf, -np.inf)
    low = np.where(change < 0.0, at, np.where((change == 0.0) & (level < 0.0), np.inf, -np.inf))
    high = np.where(change > 0.0, at, np.where(change == 0.0, level, np.inf))
    return low, high


def disc(x: Line, y: Line, radius: Array | float, *, shut: bool = True) -> Line:
    """Shares between which x² + y² ≤ radius², or < where the disc is not `shut`."""
    a = x[1] ** 2 + y[1] ** 2
    b = x[0] * x[1] + y[0] * y[1]
    c = x[0] ** 2 + y[0] ** 2 - np.square(radius)
    root2 = b * b - a * c
    meets = (a > 0.0) & ((root2 >= 0.0) if shut else (root2 > 0.0))
    root, safe = np.sqrt(np.where(meets, root2, 0.0)), np.where(a > 0.0, a, 1.0)
    inside = (a == 0.0) & ((c <= 0.0) if shut else (c < 0.0))
    low = np.where(meets, (-b - root) / safe, np.where(inside, -np.inf, np.inf))
    high = np.where(meets, (-b + root) / safe, np.where(inside, np.inf, -np.inf))
    return low, high


def within(u: Line, w: Line, half: float, round_: bool, *, shut: bool = True) -> Line:
    """Shares between which |u, w| ≤ half (or < where not `shut`), square or round."""
    if half <= 0.0:
        return np.full_like(u[0], np.inf), np.full_like(u[0], -np.inf)
    if round_:
        return disc(u, w, half, shut=shut)
    low, high = cut(*slab(*u, half), *slab(*w, half))
    if shut:
        return low, high
    # A way along the very edge of an open square is not inside it.
    edge = ((u[1] == 0.0) & (np.abs(u[0]) == half)) | ((w[1] == 0.0) & (np.abs(w[0]) == half))
    return np.where(edge, np.inf, low), np.where(edge, -np.inf, high)


def cut(start: Array, end: Array, low: Array, high: Array) -> Line:
    """What two stretches share."""
    return np.maximum(start, low), np.minimum(end, high)


def near(
    x: Array, y: Array, z: Array, half: tuple[Array | float, ...]
) -> tuple[NDArray[np.intp], ...]:
    """Straights whose bounding box meets |x|, |y|, |z| ≤ half: their sample and drone."""
    found = np.ones((len(x) - 1, x.shape[1]), dtype=bool)
    for q, reach in zip((x, y, z), half, strict=True):
        found &= (np.minimum(q[1:], q[:-1]) <= reach) & (np.maximum(q[1:], q[:-1]) >= -reach)
    return np.nonzero(found)


def first(
    times: Array, k: NDArray[np.intp], i: NDArray[np.intp], share: Array, count: int
) -> Array:
    """The earliest of instants at `share` of straights k of drones i, (N,)."""
    met = np.isfinite(share)
    k, i, share = k[met], i[met], share[met]
    first = np.full(count, np.inf)
    np.minimum.at(first, i, times[k] + share * (times[k + 1] - times[k]))
    return first
