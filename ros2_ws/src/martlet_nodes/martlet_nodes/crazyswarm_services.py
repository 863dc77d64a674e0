# SPDX-License-Identifier: Apache-2.0
"""What Crazyswarm2's services ask of a drone, in SI units; they have no answer but "received"."""

from dataclasses import dataclass
from typing import Any

from numpy.polynomial import Polynomial

from firmware_bridge.orders import Piece, Vector
from martlet_nodes.manoeuvre import Kind

COEFFICIENTS = 8


@dataclass(frozen=True)
class Move:
    """Takeoff, land or go_to: a point [m; W], of which height alone counts but for go_to."""

    kind: Kind
    p: Vector
    yaw_rad: float
    duration_s: float
    relative: bool = False


@dataclass(frozen=True)
class Upload:
    """A trajectory to keep by its number."""

    number: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Start:
    """Fly the trajectory of a number, its time stretched, from here or from where it says."""

    number: int
    stretch: float
    relative: bool
    backwards: bool


Asked = Move | Upload | Start


def asked_of(service: str, request: Any) -> Asked | str:
    """What a request asks; or why nobody does it."""
    if mask := getattr(request, "group_mask", 0):
        return f"expected group mask 0, for all, got {mask}: no drone is in a group"
    if service == "upload_trajectory":
        pieces = [_piece(piece) for piece in request.pieces]
        for piece in pieces:
            if len(piece.coefficients) != 4 or any(
                len(p) != COEFFICIENTS for p in piece.coefficients
            ):
                lengths = [len(p) for p in piece.coefficients]
                return (
                    f"expected {COEFFICIENTS} coefficients each of x, y, z and yaw, got {lengths}"
                )
        return Upload(int(request.trajectory_id), tuple(pieces))
    if service == "start_trajectory":
        number, stretch = int(request.trajectory_id), float(request.timescale)
        return Start(number, stretch, bool(request.relative), bool(request.reversed))
    duration_s = seconds(request.duration)
    if service == "go_to":
        p = (request.goal.x, request.goal.y, request.goal.z)
        return Move(Kind.GO_TO, p, request.yaw, duration_s, bool(request.relative))
    kind = Kind.TAKEOFF if service == "takeoff" else Kind.LAND
    return Move(kind, (0.0, 0.0, float(request.height)), 0.0, duration_s)


def backwards(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """The same trajectory from its end to its beginning."""
    return tuple(
        Piece(piece.duration_s, tuple(_mirrored(p, piece.duration_s) for p in piece.coefficients))
        for piece in reversed(pieces)
    )


def seconds(duration: Any) -> float:
    """A builtin_interfaces/Duration [s]."""
    return float(duration.sec) + 1e-9 * float(duration.nanosec)


def _mirrored(coefficients: tuple[float, ...], duration_s: float) -> tuple[float, ...]:
    """p(T - t) of p(t)."""
    turned = Polynomial(coefficients)(Polynomial([duration_s, -1.0])).coef.tolist()
    return tuple(turned + [0.0] * (COEFFICIENTS - len(turned)))


def _piece(message: Any) -> Piece:
    rows = (message.poly_x, message.poly_y, message.poly_z, message.poly_yaw)
    return Piece(seconds(message.duration), tuple(tuple(map(float, row)) for row in rows))
