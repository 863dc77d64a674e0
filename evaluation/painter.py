# SPDX-License-Identifier: Apache-2.0
"""A small painter without a screen: flat faces and lines, from the farthest to the nearest.

Things are ordered by the distance of their middle, and within a thing its parts. So large things
have to come in pieces; backs of solids are left out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from evaluation.camera import NEAR_M, Camera

Array = NDArray[np.float64]

_LIGHT = np.array([-0.35, -0.52, -0.78])  # towards it: left, up, back to the eye  # guess: looks
_AMBIENT = 0.60  # of the full light, where none falls  # guess: looks
_GAIN = 1.12  # so that what half faces the light has its own colour  # guess: looks
_SHADOW, _SHADOW_SHARE = (60, 70, 85), 0.30  # guess: looks


@dataclass(frozen=True, eq=False)
class Patches:
    """Faces or lines of one kind.

    Attributes:
        corners_m: In W, counterclockwise seen from outside, shape (F, K, 3); lines have K = 2.
        colours: Red, green, blue, alpha, 0 to 255, shape (F, 4).
        thing_m: Middle of the thing that each belongs to: nearer things hide farther ones, (F, 3).
        part_m: Middle of its part of the thing, shape (F, 3).
        solid: Whether it has an inside: backs are left out, and light shades it.
        shadow: Whether it darkens the floor under it.
        width: Of lines, in pixels.
    """

    corners_m: Array
    colours: Array
    thing_m: Array
    part_m: Array
    solid: bool = True
    shadow: bool = True
    width: float = 1.0


def faces(
    corners_m: Array,
    colour: Array,
    thing_m: Array | None = None,
    *,
    solid: bool = True,
    shadow: bool = True,
    width: float = 1.0,
) -> Patches:
    """Patches of one colour; each is a thing of its own unless said otherwise."""
    middle = corners_m.mean(axis=1)
    colours = np.broadcast_to(colour, (len(corners_m), 4))
    thing = middle if thing_m is None else np.broadcast_to(thing_m, middle.shape)
    return Patches(corners_m, colours, thing, middle, solid, shadow, width)


def paint(image: Image.Image, camera: Camera, patches: Sequence[Patches]) -> None:
    """Draw patches, the farthest first."""
    draw = ImageDraw.Draw(image, "RGBA")
    outlines: list[list[float]] = []
    fills: list[tuple[int, ...]] = []
    widths: list[int] = []
    keys: list[Array] = []
    eye, light_W = np.array(camera.eye_m), _LIGHT @ camera.axes()
    for all_of_them in patches:
        some = _facing(all_of_them, eye, light_W) if all_of_them.solid else all_of_them
        seen = camera.seen(some.corners_m)
        ahead = (seen[..., 2] > NEAR_M).all(axis=1)
        outlines += _flat(camera.project(seen[ahead], image.size))
        fills += [tuple(c) for c in np.round(some.colours[ahead]).astype(int).tolist()]
        widths += [max(1, round(some.width))] * int(ahead.sum())
        far = [np.linalg.norm(m[ahead] - eye, axis=1) for m in (some.thing_m, some.part_m)]
        keys.append(np.array(far))
    if not outlines:
        return
    thing, part = np.concatenate(keys, axis=1)
    for i in np.lexsort((-part, -thing)):
        if len(outlines[i]) == 4:
            draw.line(outlines[i], fill=fills[i], width=widths[i])
        else:
            draw.polygon(outlines[i], fill=fills[i])


def shade(
    image: Image.Image, camera: Camera, patches: Iterable[Patches], floor: Image.Image
) -> None:
    """Darken the floor (z = 0) right under everything that throws a shadow.

    Args:
        image: What is darkened.
        camera: Whose picture it is.
        patches: What stands or flies there.
        floor: White where there is floor, kind "L".
    """
    mask = Image.new("L", image.size, 0)
    draw = ImageDraw.Draw(mask)
    for some in patches:
        if not some.shadow:
            continue
        flat = some.corners_m * (1.0, 1.0, 0.0)
        seen = camera.seen(flat)
        for outline in _flat(camera.project(seen[(seen[..., 2] > NEAR_M).all(axis=1)], image.size)):
            draw.polygon(outline, fill=255)
    mask = mask.filter(ImageFilter.BoxBlur(image.size[0] / 420.0))
    mask = Image.composite(mask, Image.new("L", image.size, 0), floor)
    image.paste(_SHADOW, mask=mask.point(lambda v: _SHADOW_SHARE * v))


def on_plane(
    image: Image.Image, camera: Camera, outline_m: Array, colour: tuple[int, ...] | int
) -> None:
    """Fill a flat outline of which parts may lie behind the camera."""
    cut = _ahead(camera.seen(outline_m))
    if len(cut) >= 3:
        ImageDraw.Draw(image).polygon(camera.project(cut, image.size).ravel().tolist(), fill=colour)


def lines_on_plane(
    image: Image.Image, camera: Camera, lines_m: Array, colour: tuple[int, ...], width: int
) -> None:
    """Draw lines, shape (L, 2, 3), of which parts may lie behind the camera."""
    draw = ImageDraw.Draw(image)
    for ends in camera.seen(lines_m):
        cut = _ahead(ends)
        if len(cut) >= 2:
            pixels = camera.project(cut[:2], image.size)
            draw.line(pixels.ravel().tolist(), fill=colour, width=width)


def _flat(pixels: Array) -> list[list[float]]:
    """x, y, x, y, … of each outline, as Pillow wants them."""
    count, corners, _ = pixels.shape
    out: list[list[float]] = pixels.reshape(count, 2 * corners).tolist()
    return out


def _facing(some: Patches, eye: Array, light_W: Array) -> Patches:
    """Those whose front is seen, in the light that falls on them."""
    a, b, c = (some.corners_m[:, i] for i in range(3))
    normal = np.cross(b - a, c - a)
    front = np.einsum("fi,fi->f", normal, eye - a) > 0.0
    normal = normal[front]
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    light = _AMBIENT + (1.0 - _AMBIENT) * np.maximum(normal @ light_W, 0.0)
    colours = some.colours[front].astype(np.float64)
    colours[:, :3] *= light[:, None] * _GAIN
    return replace(
        some, corners_m=some.corners_m[front], colours=np.minimum(colours, 255.0),
        thing_m=some.thing_m[front], part_m=some.part_m[front],
    )  # fmt: skip


def _ahead(seen_m: Array) -> Array:
    """The part of an outline or line that lies ahead of the eye (Sutherland and Hodgman)."""
    kept: list[Array] = []
    closed = len(seen_m) > 2
    for i, here in enumerate(seen_m):
        there = seen_m[(i + 1) % len(seen_m)]
        if here[2] >= NEAR_M:
            kept.append(here)
        crosses = (here[2] >= NEAR_M) != (there[2] >= NEAR_M)
        if crosses and (closed or i == 0):
            share = (NEAR_M - here[2]) / (there[2] - here[2])
            kept.append(here + share * (there - here))
    return np.array(kept).reshape(-1, 3)
