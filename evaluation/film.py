# SPDX-License-Identifier: Apache-2.0
"""Films (GIF) and stills (PNG) of flights in three dimensions, drawn without a screen."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from evaluation.camera import Camera, View
from evaluation.errors import PictureError
from evaluation.lettering import Lettering, notes_of
from evaluation.painter import lines_on_plane, on_plane, paint, shade
from evaluation.rendering import write_aside, write_gif
from evaluation.scene import Scene
from evaluation.scenery import (
    aim_patches,
    drone_patches,
    track_patches,
    trail_patches,
)
from evaluation.viewpoint import side_view

Array = NDArray[np.float64]
Caption = Callable[[float], str] | str
"""A line under the picture, the same all the time or by the instant [s]."""

SIZE = (640, 400)
"""Of a film [pixels]."""

STILL_SIZE = (1280, 800)

FRAMES_PER_S = 20.0
"""50 ms a frame: a whole number of GIF's hundredths of a second."""

LONGEST_FILM_S = 60.0

_FINER = 2  # pictures are painted so many times larger, then made smaller
_PAPER, _FLOOR, _LINE = (255, 255, 255), (246, 247, 249), (226, 230, 235)


def draw_film(
    scene: Scene,
    path: str | Path,
    *,
    begin_s: float | None = None,
    end_s: float | None = None,
    title: str = "",
    caption: Caption = "",
    camera: View | None = None,
    size: tuple[int, int] = SIZE,
    slower: float = 1.0,
    trail_s: float | None = None,
    linger_s: float = 0.6,
) -> None:
    """Draw a film and write a GIF, beside its place first, then renamed.

    Args:
        scene: What is shown.
        path: Where to write.
        begin_s: First instant, on the scene's clock; the first sample's if not given.
        end_s: Last one; the last sample's if not given.
        title: In the upper left corner.
        caption: The line under the picture. That drones are drawn larger, or time runs slower,
            is noted beside it.
        camera: By instant; if not given, it slowly goes around all that is shown.
        size: In pixels.
        slower: How much slower than in truth time runs.
        trail_s: How long trails are; from the beginning on if not given.
        linger_s: How long the last picture stays.

    Raises:
        PictureError: A stretch that is none, or longer than a minute of film; no size.
    """
    begin, end = _stretch(scene, begin_s, end_s)
    if not 0.0 < slower < np.inf or (end - begin) * slower > LONGEST_FILM_S:
        raise PictureError(
            f"film: expected at most {LONGEST_FILM_S:.0f} s,"
            f" got {end - begin:.2f} s slowed {slower} times."
        )
    view = camera or side_view(scene, begin, end, size)
    painted = _Painter(scene, size, title, caption, notes_of(scene, slower), begin)

    def draw(number: int) -> Image.Image:
        now = min(begin + number / FRAMES_PER_S / slower, end)
        since = begin if trail_s is None else max(begin, now - trail_s)
        return painted.picture(view(now), now, since, [scene.row(now)], number)

    frames = int(np.ceil((end - begin) * slower * FRAMES_PER_S - 1e-6)) + 1
    write_aside(path, partial(write_gif, draw, frames, 1.0 / FRAMES_PER_S, linger_s))


def draw_still(
    scene: Scene,
    path: str | Path,
    *,
    begin_s: float | None = None,
    end_s: float | None = None,
    every_s: float | None = 0.2,
    title: str = "",
    caption: Caption = "",
    camera: Camera | None = None,
    size: tuple[int, int] = STILL_SIZE,
) -> None:
    """Draw one picture and write a PNG, beside its place first, then renamed.

    Args:
        scene: What is shown.
        path: Where to write.
        begin_s: Trails begin here, on the scene's clock; at the first sample if not given.
        end_s: The instant that is shown; the last sample's if not given.
        every_s: Drones are drawn this often from `begin_s` on; None: as they are at `end_s` alone.
        title: In the upper left corner.
        caption: The line under the picture; see `draw_film`.
        camera: If not given, one that sees all.
        size: In pixels.

    Raises:
        PictureError: A stretch that is none; no size.
    """
    begin, end = _stretch(scene, begin_s, end_s)
    if every_s is not None and not every_s > 0.0:
        raise PictureError(f"still: every_s: expected more than 0, got {every_s}.")
    view = camera or side_view(scene, begin, end, size)(begin)
    moments = [end] if every_s is None else list(np.arange(end, begin - 1e-9, -every_s))
    rows = sorted({scene.row(float(moment)) for moment in moments})
    painted = _Painter(scene, size, title, caption, notes_of(scene, 1.0, every_s), begin)
    picture = painted.picture(view, end, begin, rows, 0)
    write_aside(path, lambda aside: picture.save(aside, format="PNG", optimize=True))


def _stretch(scene: Scene, begin_s: float | None, end_s: float | None) -> tuple[float, float]:
    first, last = float(scene.times_s[0]), float(scene.times_s[-1])
    begin, end = first if begin_s is None else begin_s, last if end_s is None else end_s
    if not first - 1e-9 <= begin <= end <= last + 1e-9:
        raise PictureError(
            f"film: begin_s, end_s: expected {first:.2f} ≤ begin ≤ end ≤ {last:.2f},"
            f" got {begin} and {end}."
        )
    return begin, end


class _Painter:
    """Pictures of one scene, all alike."""

    def __init__(
        self, scene: Scene, size: tuple[int, int], title: str, caption: Caption, notes: str,
        begin_s: float,
    ) -> None:  # fmt: skip
        if min(size) < 16:
            raise PictureError(f"film: size: expected at least 16 x 16 pixels, got {size}.")
        self._scene, self._size, self._caption = scene, size, caption
        speed = np.linalg.norm(scene.states[scene.row(begin_s) :, :, 7:10], axis=2)
        self._top_speed = max(0.5, float(np.ceil(2.0 * np.quantile(speed, 0.99)) / 2.0))
        self._lettering = Lettering(scene, title, self._top_speed, notes, size)
        self._line = size[1] / 400.0 * _FINER

    def picture(
        self, camera: Camera, now: float, since: float, rows: Sequence[int], number: int
    ) -> Image.Image:
        """What is seen at an instant; drones as at `rows`, the last of which is now."""
        scene, width = self._scene, self._line
        large = Image.new("RGB", (self._size[0] * _FINER, self._size[1] * _FINER), _PAPER)
        floor = _draw_floor(large, camera, scene, width)
        things = track_patches(scene, now)
        for row in rows:
            things += drone_patches(scene, row, number)
        shade(large, camera, things, floor)
        first = scene.row(since)
        things += trail_patches(scene, first, rows[-1], self._top_speed, 3.0 * width)
        things += aim_patches(scene, rows[-1], 2.0 * width)
        paint(large, camera, things)
        image = large.reduce(_FINER)
        caption = self._caption if isinstance(self._caption, str) else self._caption(now)
        self._lettering.write(image, camera, caption)
        return image


def _draw_floor(image: Image.Image, camera: Camera, scene: Scene, width: float) -> Image.Image:
    """Draw the floor and its grid; where it is, white on black."""
    room = scene.shown_room()
    (x0, y0, _), (x1, y1, _) = room.low_m, room.high_m
    outline = np.array([(x0, y0, 0.0), (x1, y0, 0.0), (x1, y1, 0.0), (x0, y1, 0.0)])
    mask = Image.new("L", image.size, 0)
    on_plane(mask, camera, outline, 255)
    on_plane(image, camera, outline, _FLOOR)
    step = 0.5 if max(x1 - x0, y1 - y0) < 10.0 else 1.0
    lines = [
        ((x, y0, 0), (x, y1, 0)) for x in np.arange(np.ceil(x0 / step) * step, x1 + 1e-9, step)
    ]
    lines += [
        ((x0, y, 0), (x1, y, 0)) for y in np.arange(np.ceil(y0 / step) * step, y1 + 1e-9, step)
    ]
    lines_on_plane(image, camera, np.array(lines, np.float64), _LINE, max(1, round(width)))
    return mask
