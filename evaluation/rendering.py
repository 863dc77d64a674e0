# SPDX-License-Identifier: Apache-2.0
"""Pictures of evaluations: a page (PNG) or a film (GIF), written aside, then renamed."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from evaluation.errors import PictureError

FRAMES_PER_S = 12.5
"""80 ms a frame: a whole number of GIF's hundredths of a second."""

COLOURS = 128
"""Of a film's palette."""

Draw = Callable[[Path], None]

Update = Callable[[float], None]
"""Moves what is drawn to an instant [s]."""


def check_kind(path: Path | None) -> None:
    """Refuse a picture that cannot be drawn, before anything flies.

    Raises:
        PictureError: Neither a .png nor a .gif.
    """
    if path is not None and path.suffix not in (".png", ".gif"):
        raise PictureError(f"render: expected a .png or .gif file, got {str(path)!r}.")


def write_picture(path: str | Path, page: Draw, film: Draw) -> None:
    """Draw whichever of the two the file's name asks for.

    Raises:
        PictureError: Another kind of file.
    """
    path = Path(path)
    check_kind(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ".part")
    (page if path.suffix == ".png" else film)(aside)
    aside.replace(path)


def save_film(
    canvas: FigureCanvasAgg, updates: Sequence[Update], length_s: float, path: Path
) -> None:
    """Draw instant after instant, from 0 to `length_s`, and write a GIF."""
    frames: list[Image.Image] = []
    for at in np.arange(0.0, length_s + 1e-9, 1.0 / FRAMES_PER_S):
        for update in updates:
            update(float(at))
        canvas.draw()  # type: ignore[no-untyped-call]
        if not frames:
            canvas.figure.set_layout_engine("none")  # as the first frame has it: nothing jumps
        pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
        picture = Image.fromarray(pixels).convert("RGB")
        frames.append(picture.quantize(colors=COLOURS, dither=Image.Dither.NONE))
    frames[0].save(
        path, format="GIF", save_all=True, append_images=frames[1:], loop=0,
        duration=round(1000.0 / FRAMES_PER_S), optimize=False,
    )  # fmt: skip
