# SPDX-License-Identifier: Apache-2.0
"""What is written on a film: caption, notes, legend, the numbers of gates."""

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from evaluation.camera import Camera
from evaluation.picture import GREY, INK
from evaluation.scene import Scene
from evaluation.scenery import speed_colour

Array = NDArray[np.float64]

_MARGIN, _CAPTION, _SMALL = 12.0, 14.0, 11.0  # in pictures of 400 pixels  # guess: looks
_OVER_M = 0.06  # a gate's number stands this high over its frame  # guess: looks


class Lettering:
    """Of the pictures of one scene."""

    def __init__(
        self, scene: Scene, title: str, top_speed_m_s: float, notes: str, size: tuple[int, int]
    ) -> None:
        """Choose typeface and sizes.

        Args:
            scene: What is shown.
            title: In the upper left corner.
            top_speed_m_s: That of the trail's last colour.
            notes: In the lower right corner; see `notes_of`.
            size: Of the pictures [pixels].
        """
        self._scene, self._title, self._top_speed = scene, title, top_speed_m_s
        self._notes = notes
        self._unit = size[1] / 400.0
        self._left, self._right = _MARGIN * self._unit, size[0] - _MARGIN * self._unit
        self._low = size[1] - _MARGIN * self._unit
        self._font, self._small = _font(_CAPTION * self._unit), _font(_SMALL * self._unit)

    def write(self, image: Image.Image, camera: Camera, caption: str) -> None:
        """Write on a picture that the camera took."""
        draw = ImageDraw.Draw(image)
        self._text(draw, (self._left, _MARGIN * self._unit), self._title, INK, "la", self._font)
        self._text(draw, (self._left, self._low), caption, INK, "ls", self._font)
        self._text(draw, (self._right, self._low), self._notes, GREY, "rs", self._small)
        if self._scene.names:
            self._name(draw)
        elif self._scene.drones == 1 and len(self._scene.times_s) > 1:
            self._speeds(draw)
        for text, point in _gate_numbers(self._scene):
            seen = camera.seen(point)
            if seen[2] > 0.1:
                x, y = camera.project(seen, image.size)
                self._text(draw, (x, y), text, INK, "ms", self._small)

    def _text(
        self, draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, colour: str,
        anchor: str, font: ImageFont.FreeTypeFont,
    ) -> None:  # fmt: skip
        """Text with a white edge, to be read over everything."""
        edge = max(1, round(1.6 * self._unit))
        draw.text(at, text, colour, font, anchor, stroke_width=edge, stroke_fill="white")

    def _name(self, draw: ImageDraw.ImageDraw) -> None:
        """The drones' names, each after its colour."""
        unit = self._unit
        for drone, name in enumerate(self._scene.names):
            y = (20.0 + 17.0 * drone) * unit
            self._text(draw, (self._right, y), name, INK, "rm", self._small)
            right = self._right - draw.textlength(name, self._small) - 6 * unit
            mark = [right - 10 * unit, y - 4 * unit, right, y + 4 * unit]
            draw.rectangle(mark, self._scene.colour(drone))

    def _speeds(self, draw: ImageDraw.ImageDraw) -> None:
        """What colour of the trail is what speed."""
        unit = self._unit
        top, long, high = _MARGIN * unit, 80 * unit, 5 * unit
        for i, colour in enumerate(speed_colour(np.linspace(0.0, 1.0, int(long)))):
            x = self._right - long + i
            draw.line([x, top, x, top + high], fill=tuple(int(c) for c in colour))
        y, most = top + high + 3 * unit, f"{self._top_speed:g} m/s"
        self._text(draw, (self._right - long, y), "0", GREY, "lt", self._small)
        self._text(draw, (self._right, y), most, GREY, "rt", self._small)


def _gate_numbers(scene: Scene) -> list[tuple[str, Array]]:
    out = []
    for number, gate in enumerate(scene.track.gates if scene.track else (), start=1):
        x, y, z = gate.position_m
        out.append((str(number), np.array([x, y, z + gate.outer_m / 2.0 + _OVER_M])))
    return out


def notes_of(scene: Scene, slower: float = 1.0, every_s: float | None = None) -> str:
    """What is not as it was: drones larger, or several times, time slower or faster."""
    notes = []
    if scene.drone_scale != 1.0:
        notes.append(f"drawn {scene.drone_scale:g}×")
    if every_s is not None:
        notes.append(f"every {every_s:g} s")
    who = "drones" if scene.drones > 1 else "drone"
    notes = [f"{who} {', '.join(notes)}"] if notes else []
    if slower != 1.0:
        notes.append(f"{slower:g}× slower" if slower > 1.0 else f"{1.0 / slower:.2g}× faster")
    return ", ".join(notes)


def _font(pixels: float) -> ImageFont.FreeTypeFont:
    """The typeface of our other pictures, which comes with matplotlib."""
    return ImageFont.truetype(f"{mpl.get_data_path()}/fonts/ttf/DejaVuSans.ttf", round(pixels))
