# SPDX-License-Identifier: Apache-2.0
"""What a Crazyflie can be told, in SI units. How it travels is the link's business.

The set is the firmware's own: streamed set-points that must keep coming, high-level commands that
the drone flies by itself, and the few that concern its motors. W is the world, B the body (FLU).
"""

from dataclasses import dataclass

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class RateThrust:
    """Streamed: collective thrust [N; along +z of B] and body rates [rad/s; B]."""

    thrust_n: float
    w_B: Vector


@dataclass(frozen=True)
class Position:
    """Streamed: be at this point [m; W] with this heading [rad]."""

    p_WB: Vector
    yaw_rad: float


@dataclass(frozen=True)
class Velocity:
    """Streamed: move with this velocity [m/s; W] and turn at this rate [rad/s]."""

    v_WB: Vector
    yaw_rate_rad_s: float


@dataclass(frozen=True)
class Hover:
    """Streamed: keep this height [m; W], move along the heading and to its left [m/s], turn."""

    height_m: float
    ahead_m_s: float
    left_m_s: float
    yaw_rate_rad_s: float


@dataclass(frozen=True)
class Attitude:
    """Streamed: lean by these angles about x and y of FLU [rad] and turn at this rate [rad/s].

    With a collective thrust [N], or at a height [m; W]: one of the two is given.
    """

    roll_rad: float
    pitch_rad: float
    yaw_rate_rad_s: float
    thrust_n: float | None = None
    height_m: float | None = None


@dataclass(frozen=True)
class HandBack:
    """The streaming has ended: high-level commands count again."""


@dataclass(frozen=True)
class TakeOff:
    """High level: climb straight up to this height above the world's origin [m; W].

    With the present heading, or turning to one [rad].
    """

    height_m: float
    duration_s: float
    yaw_rad: float | None = None


@dataclass(frozen=True)
class Land:
    """High level: sink straight down to this height [m; W], then motors off.

    With the present heading, or turning to one [rad].
    """

    height_m: float
    duration_s: float
    yaw_rad: float | None = None


@dataclass(frozen=True)
class GoTo:
    """High level: fly to this point [m; W] and heading [rad], and hover there.

    Smoothly from rest to rest, or at one speed all the way: `linear`.
    """

    p_WB: Vector
    yaw_rad: float
    duration_s: float
    linear: bool = False


@dataclass(frozen=True)
class Spiral:
    """High level: turn about a point beside the drone, nose ahead, and hover at the end.

    Attributes:
        angle_rad: How far it turns about the point, up to a full turn.
        begin_m: How far the point is to its left at the start, to its right if clockwise.
        end_m: How far it is at the end.
        ascent_m: How much it climbs.
        duration_s: How long it takes.
        clockwise: Seen from above.
    """

    angle_rad: float
    begin_m: float
    end_m: float
    ascent_m: float
    duration_s: float
    clockwise: bool = False


@dataclass(frozen=True)
class Piece:
    """Part of a trajectory: polynomials in the time since its start, lowest power first.

    Attributes:
        duration_s: How long it lasts.
        coefficients: Eight each for x, y, z [m] and yaw [rad].
    """

    duration_s: float
    coefficients: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Follow:
    """High level: fly a trajectory, and hover at its end.

    Attributes:
        pieces: One after the other.
        stretch: Factor on its time.
        relative: Whether it begins where the drone is, rather than where it says.
        turned: Whether it begins with the drone's heading, too.
    """

    pieces: tuple[Piece, ...]
    stretch: float = 1.0
    relative: bool = False
    turned: bool = False


@dataclass(frozen=True)
class Stop:
    """Motors off, now; the drone may be flown again."""


@dataclass(frozen=True)
class Arm:
    """Let the motors turn, or stop them from turning."""

    armed: bool


@dataclass(frozen=True)
class Emergency:
    """Motors off, now, and locked until the drone is switched off and on again."""


Streamed = RateThrust | Position | Velocity | Hover | Attitude
HighLevelOrder = TakeOff | Land | GoTo | Spiral | Follow
Order = Streamed | HandBack | HighLevelOrder | Stop | Arm | Emergency
