# SPDX-License-Identifier: Apache-2.0
"""A scene's things as faces and lines for the painter: frames, posts, poles, drones, trails."""

from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from evaluation.drone_mesh import drone_mesh, rgb
from evaluation.painter import Patches, faces
from evaluation.picture import GREEN, GREY, ORANGE, REFERENCE
from evaluation.scene import Scene
from sim_core.frames import to_world
from sim_core.track_model import Gate

Array = NDArray[np.float64]

PIECE_M = 0.12
"""Long things come in pieces of at most this, so that what is nearer hides what is farther."""

_THIN_M = 0.02  # a frame is drawn at least this wide and deep  # guess: to be seen
_POST = "#b9bfc7"
_SLOW, _MIDDLE, _FAST = "#9fd3f2", "#0072B2", "#3d1f6e"  # SKY to BLUE to a dark violet
_DISC_ALPHA = 60
_SLOT_M = 0.035  # radius of the ring that marks a slot  # guess: to be seen around a body
_TURNS = 12  # of a propeller that are told apart: in truth it is faster than any film


def track_patches(scene: Scene, time_s: float) -> list[Patches]:
    """Frames, green once passed (of several laps: for half a lap), their posts, and the poles."""
    track = scene.track
    if track is None:
        return []
    passed = sum(at <= time_s + 1e-9 for at in scene.passed_s)
    first, count = track.start.first_gate, len(track.gates)
    out: list[Patches] = []
    for number, gate in enumerate(track.gates):
        behind = passed - 1 - (number - first) % count  # gates passed since this one
        done = behind >= 0 and (track.laps == 1 or behind % count < count // 2)
        out.append(faces(_frame(gate), _paint(GREEN if done else ORANGE)))
        if gate.post_radius_m > 0.0:
            x, y, z = gate.position_m
            foot = _column(x, y, min(gate.post_radius_m, 0.02), z - gate.outer_m / 2.0, 6)
            stand = _column(x, y, gate.post_radius_m, 0.03, 8)
            out.append(faces(np.concatenate([foot, stand]), _paint(_POST)))
    for pole in track.obstacles:
        out.append(
            faces(_column(pole.x_m, pole.y_m, pole.radius_m, pole.height_m, 6), _paint(GREY))
        )
    return out


def drone_patches(scene: Scene, row: int, picture: int = 0) -> list[Patches]:
    """Every drone as it was at a sample; `picture` counts pictures, to turn the propellers."""
    out: list[Patches] = []
    turn = picture * 5 % _TURNS * np.pi / _TURNS
    for drone in range(scene.drones):
        state = np.asarray(scene.states[row, drone], np.float64)
        mesh = drone_mesh(scene.kind, scene.drone_scale, turn, scene.colour(drone))
        corners = state[:3] + to_world(state[3:7], mesh.vertices_m)[mesh.faces]
        middles = state[:3] + to_world(state[3:7], mesh.middles_m)
        alpha = np.full((len(mesh.faces), 1), 255.0)
        out.append(
            Patches(
                corners, np.hstack([mesh.colours, alpha]),
                np.broadcast_to(state[:3], (len(corners), 3)), middles[mesh.parts],
            )
        )  # fmt: skip
        discs = state[:3] + to_world(state[3:7], mesh.discs_m)
        colour = np.append(rgb(scene.colour(drone)), _DISC_ALPHA)
        out.append(faces(discs, colour, state[:3], solid=False))
    return out


def trail_patches(
    scene: Scene, first: int, last: int, top_speed_m_s: float, width: float
) -> list[Patches]:
    """Where the drones came along: by speed where there is one, else in their colours."""
    out = []
    for drone in range(scene.drones):
        rows = np.asarray(scene.states[first : last + 1, drone], np.float64)
        if len(rows) < 2:
            continue
        ends = np.stack([rows[:-1, :3], rows[1:, :3]], axis=1)
        if scene.drones == 1:
            colours = speed_colour(np.linalg.norm(rows[1:, 7:10], axis=1) / top_speed_m_s)
        else:
            colours = np.tile(0.65 * rgb(scene.colour(drone)) + 0.35 * 255.0, (len(ends), 1))
        colours = np.hstack([colours, np.full((len(ends), 1), 255.0)])
        middle = ends.mean(axis=1)
        out.append(Patches(ends, colours, middle, middle, False, False, width))
    return out


def speed_colour(share: Array) -> Array:
    """From slow (0) to fast (1), shape (..., 3)."""
    marks = np.array([rgb(_SLOW), rgb(_MIDDLE), rgb(_FAST)])
    s = np.clip(np.asarray(share, np.float64), 0.0, 1.0)
    return np.stack([np.interp(s, (0.0, 0.5, 1.0), marks[:, i]) for i in range(3)], axis=-1)


def aim_patches(scene: Scene, row: int, width: float) -> list[Patches]:
    """What should be flown: the reference as a faint line, the slots as rings."""
    out = []
    if scene.reference_m is not None and len(scene.reference_m) > 1:
        path = np.asarray(scene.reference_m, np.float64)
        ends = np.stack([path[:-1], path[1:]], axis=1)
        out.append(faces(ends, _paint(REFERENCE), solid=False, shadow=False, width=width))
    if scene.slots_m is not None:
        angle = np.linspace(0.0, 2.0 * np.pi, 17)
        ring = np.column_stack([np.cos(angle), np.sin(angle), np.zeros(17)])
        for drone in range(scene.drones):
            centre = np.asarray(scene.slots_m[row, drone], np.float64)
            rim = centre + _SLOT_M * scene.drone_scale * ring
            colour = np.append(0.6 * rgb(scene.colour(drone)) + 0.4 * 255.0, 255.0)
            ends = np.stack([rim[:-1], rim[1:]], axis=1)
            out.append(faces(ends, colour, solid=False, shadow=False, width=width))
    return out


def _paint(colour: str) -> Array:
    return np.append(rgb(colour), 255.0)


@lru_cache(maxsize=256)
def _frame(gate: Gate) -> Array:
    """The frame's faces, four corners each, in pieces."""
    n = np.array([np.cos(gate.yaw_rad), np.sin(gate.yaw_rad), 0.0])
    left, up = np.array([-n[1], n[0], 0.0]), np.array([0.0, 0.0, 1.0])
    inner = gate.opening_m / 2.0
    outer, deep = max(gate.outer_m / 2.0, inner + _THIN_M), max(gate.depth_m, _THIN_M) / 2.0
    if gate.shape == "round":
        angles = np.linspace(0.0, 2.0 * np.pi, max(41, int(2.0 * np.pi * outer / PIECE_M) + 1))
        rim = np.column_stack([np.cos(angles), np.sin(angles)])
        quads: list[tuple[Array, ...]] = [
            (inner * a, outer * a, outer * b, inner * b) for a, b in pairwise(rim)
        ]
    else:
        quads = _square_rim(inner, outer)
    centre, boxes = np.array(gate.position_m), []
    for quad in quads:
        flat = centre + np.outer([q[0] for q in quad], left) + np.outer([q[1] for q in quad], up)
        boxes.append(_box_faces(flat - deep * n, flat + deep * n))
    return np.concatenate(boxes)


def _square_rim(inner: float, outer: float) -> list[tuple[Array, ...]]:
    """Pieces of a square rim in its plane, counterclockwise with left as x and up as y."""
    count = max(1, round(2.0 * inner / PIECE_M))
    cuts = np.concatenate([[-outer], np.linspace(-inner, inner, count + 1), [outer]])
    pieces = []
    for low, high in pairwise(cuts):
        for bottom, top in ((-outer, -inner), (inner, outer)):
            across = [(low, bottom), (high, bottom), (high, top), (low, top)]
            pieces.append(tuple(np.array(c) for c in across))
            if -inner <= low and high <= inner:
                pieces.append(tuple(np.array([y, x]) for x, y in reversed(across)))
    return pieces


def _box_faces(back: Array, front: Array) -> Array:
    """Six faces between two quads, each counterclockwise seen from the front, shape (6, 4, 3)."""
    sides = [(back[i], back[(i + 1) % 4], front[(i + 1) % 4], front[i]) for i in range(4)]
    return np.array([front, back[::-1], *sides])


@lru_cache(maxsize=256)
def _column(x: float, y: float, radius: float, height: float, corners: int) -> Array:
    """An upright column from the floor up, in pieces; each face has four corners."""
    angle = 2.0 * np.pi * np.arange(corners + 1) / corners
    ring = np.column_stack([x + radius * np.cos(angle), y + radius * np.sin(angle)])
    cuts = np.linspace(0.0, height, max(1, round(height / PIECE_M)) + 1)
    out = []
    for low, high in pairwise(cuts):
        for a, b in pairwise(ring):
            out.append([(*a, low), (*b, low), (*b, high), (*a, high)])
    for i in range(1, corners - 1, 2):  # the lid
        lid = [ring[0], ring[i], ring[i + 1], ring[(i + 2) % corners]]
        out.append([(*p, height) for p in lid])
    return np.array(out)
