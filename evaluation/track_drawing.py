# SPDX-License-Identifier: Apache-2.0
"""A track's gates and poles, drawn into a panel that shows it from above or from a side."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from evaluation.picture import GREY, INK
from sim_core.track_model import Gate, Track

Point = tuple[float, float]


def draw_track(ax: Axes, track: Track, axes: tuple[int, int]) -> None:
    """Draw what stands there.

    Args:
        ax: Where.
        track: As it truly stood.
        axes: Which of x, y and z the panel shows.
    """
    for number, gate in enumerate(track.gates, start=1):
        left, right, centre = _frame(gate, axes)
        ax.plot([left[0], right[0]], [left[1], right[1]], color=INK, lw=3, solid_capstyle="butt")
        ax.annotate(
            str(number), centre, xytext=(6, 6), textcoords="offset points", fontsize=9, color=INK
        )
        if axes == (0, 1):
            tip = (
                centre[0] + 0.3 * np.cos(gate.yaw_rad),
                centre[1] + 0.3 * np.sin(gate.yaw_rad),
            )
            ax.annotate("", tip, centre, arrowprops={"arrowstyle": "->", "color": GREY})
    for pole in track.obstacles:
        if axes == (0, 1):
            ax.add_patch(Circle((pole.x_m, pole.y_m), pole.radius_m + 0.02, color=GREY))
        else:
            at = (pole.x_m, pole.y_m)[axes[0]]
            ax.plot([at] * 2, [0.0, pole.height_m], color=GREY, lw=1.5)


def _frame(gate: Gate, axes: tuple[int, int]) -> tuple[Point, Point, Point]:
    """Both ends of a gate's opening and its centre, in the plane of `axes`."""
    centre = np.array(gate.position_m)
    if axes == (0, 1):
        across = np.array([-np.sin(gate.yaw_rad), np.cos(gate.yaw_rad), 0.0])
    else:
        across = np.array([0.0, 0.0, 1.0])
    half = across * gate.opening_m / 2.0
    first, second = axes
    left, right = centre - half, centre + half
    return (
        (left[first], left[second]),
        (right[first], right[second]),
        (centre[first], centre[second]),
    )
