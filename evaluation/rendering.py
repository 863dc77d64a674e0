# SPDX-License-Identifier: Apache-2.0
"""Pictures of evaluations: a page (PNG) or a film (GIF), written aside, then renamed."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from evaluation.errors import PictureError

_EXACT = 16  # of a palette: the commonest colours come first
_APART = 6  # levels between any two: Pillow looks colours up in steps of 4, and would mix them up

Draw = Callable[[Path], None]


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
    write_aside(path, page if path.suffix == ".png" else film)


def write_aside(path: str | Path, draw: Draw) -> None:
    """Draw beside the file's place, then rename: nobody finds half a picture."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ".part")
    draw(aside)
    aside.replace(path)


def write_gif(
    draw: Callable[[int], Image.Image], frames: int, frame_s: float, linger_s: float, path: Path
) -> None:
    """Draw frame after frame and write a GIF of one palette, so that no colour flickers.

    Args:
        draw: The frame of a number, from 0, as red, green, blue.
        frames: How many.
        frame_s: How long each stays; the last one `linger_s` longer.
        linger_s: See there.
        path: Where to write.
    """
    palette = _palette([draw(i) for i in sorted({0, frames // 3, 2 * frames // 3, frames - 1})])
    kept = [draw(i).quantize(palette=palette, dither=Image.Dither.NONE) for i in range(frames)]
    durations = [round(1000.0 * frame_s)] * frames
    durations[-1] += round(1000.0 * linger_s)
    kept[0].save(
        path, format="GIF", save_all=True, append_images=kept[1:], loop=0, duration=durations,
        optimize=False,
    )  # fmt: skip


def _palette(pictures: Sequence[Image.Image]) -> Image.Image:
    """The colours that pictures of one size need together."""
    width, height = pictures[0].size
    sheet = Image.new("RGB", (width, height * len(pictures)))
    for i, picture in enumerate(pictures):
        sheet.paste(picture, (0, i * height))
    counted = sorted(sheet.getcolors(sheet.width * sheet.height) or [], reverse=True)
    found = sheet.quantize(colors=256 - _EXACT, dither=Image.Dither.NONE).getpalette() or []
    others = np.array(found[: 3 * (256 - _EXACT)]).reshape(-1, 3)
    kept = np.array([counted[0][1]])
    for colour in (*(common for _, common in counted[1:_EXACT]), *others):
        if np.abs(kept - colour).max(axis=1).min() >= _APART:
            kept = np.vstack([kept, colour])
    palette = Image.new("P", (1, 1))
    palette.putpalette(kept.ravel().tolist())
    return palette
