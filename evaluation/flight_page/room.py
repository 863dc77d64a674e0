# SPDX-License-Identifier: Apache-2.0
"""Where drones flew, in three dimensions: ways, references, gates, poles."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from evaluation.flight_page.colours import colour_of
from evaluation.flight_record import FlightRecord
from evaluation.picture import GREY, INK, REFERENCE
from sim_core.track_model import Gate, Track

SHOWN_HZ = 50.0
"""Rows a second that a way keeps: at 5 m/s a point every ten centimetres."""

CORNERS = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]])


def room_figure(flights: Mapping[str, FlightRecord], track: Track | None) -> go.Figure:
    """The room of a flight; a way says time and speed where one points at it."""
    figure = go.Figure()
    for row, (name, flight) in enumerate(flights.items()):
        rows = slice(None, None, _stride(flight.times_s))
        reference = flight.reference_m[rows]
        if np.isfinite(reference).any():
            figure.add_scatter3d(
                x=reference[:, 0], y=reference[:, 1], z=reference[:, 2], mode="lines",
                name=f"{name}: reference", line={"color": REFERENCE, "width": 6}, hoverinfo="skip",
            )  # fmt: skip
        states = flight.states[rows]
        speed = np.linalg.norm(states[:, 7:10], axis=1)
        figure.add_scatter3d(
            x=states[:, 0], y=states[:, 1], z=states[:, 2], mode="lines", name=name,
            line={"color": colour_of(row), "width": 4},
            customdata=np.stack([flight.times_s[rows], speed], axis=1),
            hovertemplate="%{customdata[0]:.2f} s, %{customdata[1]:.1f} m/s"
            "<br>%{x:.2f}, %{y:.2f}, %{z:.2f} m",
        )  # fmt: skip
    if track is not None:
        _track(figure, track)
    figure.update_layout(
        height=620, margin={"l": 0, "r": 0, "t": 0, "b": 0},
        legend={"x": 0.0, "y": 1.0},
        scene={
            "aspectmode": "data",
            "xaxis_title": "x [m]", "yaxis_title": "y [m]", "zaxis_title": "z [m]",
        },
    )  # fmt: skip
    return figure


def _stride(times_s: np.ndarray) -> int:
    seconds = float(times_s[-1] - times_s[0])
    return max(1, round(len(times_s) / (SHOWN_HZ * seconds))) if seconds > 0.0 else 1


def _track(figure: go.Figure, track: Track) -> None:
    for number, gate in enumerate(track.gates, start=1):
        for half, width in ((gate.opening_m / 2.0, 7), (gate.outer_m / 2.0, 3)):
            edge = _edge(gate, half)
            figure.add_scatter3d(
                x=edge[:, 0], y=edge[:, 1], z=edge[:, 2], mode="lines", showlegend=False,
                line={"color": INK, "width": width}, hoverinfo="text", text=f"gate {number}",
            )  # fmt: skip
    for pole in track.obstacles:
        figure.add_scatter3d(
            x=[pole.x_m] * 2, y=[pole.y_m] * 2, z=[0.0, pole.height_m], mode="lines",
            showlegend=False, line={"color": GREY, "width": 8}, hoverinfo="text", text="pole",
        )  # fmt: skip


def _edge(gate: Gate, half_m: float) -> np.ndarray:
    """A closed line about the opening, shape (n, 3) [m; W]."""
    if gate.shape == "round":
        turn = np.linspace(0.0, 2.0 * np.pi, 49)
        flat = half_m * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    else:
        flat = half_m * CORNERS
    left = np.array([-np.sin(gate.yaw_rad), np.cos(gate.yaw_rad), 0.0])
    up = np.array([0.0, 0.0, 1.0])
    edge: np.ndarray = np.array(gate.position_m) + flat[:, :1] * left + flat[:, 1:] * up
    return edge
