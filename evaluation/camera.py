# SPDX-License-Identifier: Apache-2.0
"""Where a picture is taken from, and where points of the world come to lie in it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import gaussian_filter1d

from evaluation.errors import PictureError

Array = NDArray[np.float64]

NEAR_M = 0.05
"""What is nearer to the eye than this is not drawn."""


@dataclass(frozen=True)
class Camera:
    """A perspective camera that stands upright.

    Attributes:
        eye_m: Where it is [m; W].
        target_m: What it looks at [m; W]; not straight above or below the eye.
        height_deg: Angle of view from the picture's lower to its upper edge.
    """

    eye_m: tuple[float, float, float]
    target_m: tuple[float, float, float]
    height_deg: float = 36.0

    def axes(self) -> Array:
        """Right, down and ahead, unit vectors in W, shape (3, 3).

        Raises:
            PictureError: A camera that looks straight up or down, or nowhere.
        """
        ahead = np.subtract(self.target_m, self.eye_m)
        right = np.cross(ahead, (0.0, 0.0, 1.0))
        if not np.linalg.norm(right) > 1e-9:
            raise PictureError(
                f"camera: expected a target beside the eye, got {self.target_m} from {self.eye_m}."
            )
        ahead, right = ahead / np.linalg.norm(ahead), right / np.linalg.norm(right)
        return np.array([right, np.cross(ahead, right), ahead])

    def seen(self, points_m: ArrayLike) -> Array:
        """Points along right, down and ahead from the eye [m], shape (..., 3)."""
        out: Array = (np.asarray(points_m, np.float64) - self.eye_m) @ self.axes().T
        return out

    def project(self, seen_m: Array, size: tuple[int, int]) -> Array:
        """Pixels from the upper left corner, of points as `seen` gives them, shape (..., 2)."""
        width, height = size
        focal = 0.5 * height / np.tan(np.deg2rad(self.height_deg) / 2.0)
        ahead = np.maximum(seen_m[..., 2:], 1e-9)
        out: Array = (width / 2.0, height / 2.0) + focal * seen_m[..., :2] / ahead
        return out


View = Callable[[float], Camera]
"""The camera at an instant [s]."""


def around(
    points_m: ArrayLike,
    *,
    from_deg: float = -120.0,
    turn_deg_s: float = 6.0,
    up_deg: float = 28.0,
    begin_s: float = 0.0,
    end_s: float = 0.0,
    aspect: float = 1.6,
    height_deg: float = 36.0,
    fill: float = 0.9,
) -> View:
    """A camera that slowly goes around points, as near as keeps them all in sight.

    Args:
        points_m: What has to be seen [m; W], shape (K, 3).
        from_deg: Direction of the eye from the middle at the beginning, about z from x.
        turn_deg_s: How fast it goes around.
        up_deg: Height of the eye over the middle.
        begin_s: First instant that is looked at.
        end_s: Last one.
        aspect: Width over height of the picture.
        height_deg: Angle of view.
        fill: Share of the picture that the points may take.
    """
    points = np.asarray(points_m, np.float64).reshape(-1, 3)
    middle = (points.min(axis=0) + points.max(axis=0)) / 2.0
    instants = np.linspace(begin_s, max(begin_s, end_s), 9)
    for _ in range(4):  # the middle of what is seen is not the middle of the points
        orbit = _Orbit(middle, begin_s, from_deg, turn_deg_s, up_deg, height_deg)
        distance_m = orbit.distance(points, instants, aspect, fill)
        camera = orbit.camera(float(instants[4]), distance_m)
        seen = camera.seen(points)
        tangents = seen[:, :2] / seen[:, 2:]
        off = (tangents.min(axis=0) + tangents.max(axis=0)) / 2.0
        middle = middle + distance_m * off @ camera.axes()[:2]
    return partial(orbit.camera, distance_m=distance_m)


@dataclass(frozen=True)
class _Orbit:
    middle_m: Array
    begin_s: float
    from_deg: float
    turn_deg_s: float
    up_deg: float
    height_deg: float

    def camera(self, time_s: float, distance_m: float) -> Camera:
        turned = np.deg2rad(self.from_deg + self.turn_deg_s * (time_s - self.begin_s))
        up = np.deg2rad(self.up_deg)
        out = np.array([np.cos(up) * np.cos(turned), np.cos(up) * np.sin(turned), np.sin(up)])
        eye = self.middle_m + distance_m * out
        return Camera(tuple(eye), tuple(self.middle_m), self.height_deg)

    def distance(self, points: Array, instants: Array, aspect: float, fill: float) -> float:
        """The least distance at which all is in sight at all instants [m]."""
        low, high = 0.1, 1000.0
        for _ in range(30):
            half = float(np.sqrt(low * high))
            cameras = [self.camera(float(at), half) for at in instants]
            fits = all(_fits(camera, points, aspect, fill) for camera in cameras)
            low, high = (low, half) if fits else (half, high)
        return high


def _fits(camera: Camera, points: Array, aspect: float, fill: float) -> bool:
    seen = camera.seen(points)
    if seen[:, 2].min() < NEAR_M:
        return False
    off = np.abs(camera.project(seen, (2, 2)) - 1.0)  # 1: the picture's upper and lower edge
    return bool((off <= fill * np.array([aspect, 1.0])).all())


def behind(
    times_s: ArrayLike,
    path_m: ArrayLike,
    *,
    distance_m: float = 1.6,
    above_m: float = 0.6,
    smooth_s: float = 0.5,
    height_deg: float = 50.0,
) -> View:
    """A camera that follows a path from behind and above, without its haste.

    Args:
        times_s: Evenly spaced, shape (T,).
        path_m: The drone's [m; W], shape (T, 3).
        distance_m: Horizontally behind.
        above_m: Above.
        smooth_s: Standard deviation of the smoothing in time.
        height_deg: Angle of view.
    """
    times, path = np.asarray(times_s, np.float64), np.asarray(path_m, np.float64)
    step_s = float(times[1] - times[0]) if len(times) > 1 else 1.0
    smooth = gaussian_filter1d(path, smooth_s / step_s, axis=0, mode="nearest")
    target = gaussian_filter1d(path, 0.25 * smooth_s / step_s, axis=0, mode="nearest")
    course = np.gradient(smooth, axis=0)[:, :2] if len(path) > 1 else np.zeros((1, 2))
    course = gaussian_filter1d(course, smooth_s / step_s, axis=0, mode="nearest")
    course /= np.maximum(np.linalg.norm(course, axis=1, keepdims=True), 1e-9)
    course[np.linalg.norm(course, axis=1) < 0.5] = (1.0, 0.0)  # stands still: from its back
    eye = smooth - distance_m * np.column_stack([course, np.zeros(len(course))])
    eye[:, 2] = np.maximum(eye[:, 2] + above_m, 0.15)

    def at(time_s: float) -> Camera:
        places = [np.interp(time_s, times, rows[:, i]) for rows in (eye, target) for i in range(3)]
        return Camera(tuple(places[:3]), tuple(places[3:]), height_deg)

    return at
