# SPDX-License-Identifier: Apache-2.0
"""What happened when: error, speed, thrust, body rates and latency over one axis of time."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from evaluation.flight_page.colours import STAGES, colour_of
from evaluation.flight_record import FlightRecord, GuardEntry, Phase
from evaluation.picture import GREY

PANELS = (
    ("error", "error [cm]"),
    ("speed", "speed [m/s]"),
    ("thrust", "thrust [N]"),
    ("rates", "body rate [rad/s]"),
    ("latency", "latency [ms]"),
)


def plots_figure(flights: Mapping[str, FlightRecord], guard: Sequence[GuardEntry]) -> go.Figure:
    """One panel a quantity, one line a drone; phases named along the top, the guard's steps marked.

    Body rates are the length of the vector: commanded, and dotted as flown.
    """
    figure = make_subplots(
        rows=len(PANELS), cols=1, shared_xaxes=True, vertical_spacing=0.025,
    )  # fmt: skip
    for row, (name, flight) in enumerate(flights.items()):
        style = {"color": colour_of(row), "width": 1.3}
        for panel, (what, _) in enumerate(PANELS, start=1):
            figure.add_scatter(
                x=flight.times_s, y=_values(flight, what), name=name, mode="lines", line=style,
                legendgroup=name, showlegend=panel == 1 and len(flights) > 1,
                hovertemplate="%{y:.3g}", row=panel, col=1,
            )  # fmt: skip
        figure.add_scatter(
            x=flight.times_s, y=np.linalg.norm(flight.states[:, 10:13], axis=1), mode="lines",
            name=f"{name}, flown", line={**style, "dash": "dot", "width": 1.0}, legendgroup=name,
            showlegend=False, hovertemplate="%{y:.3g}", row=4, col=1,
        )  # fmt: skip
    for panel, (_, title) in enumerate(PANELS, start=1):
        figure.update_yaxes(title_text=title, row=panel, col=1)
    figure.update_xaxes(title_text="time [s]", row=len(PANELS), col=1)
    for phase in next(iter(flights.values())).phases:
        _mark_phase(figure, phase)
    for entry in guard:
        if entry.stage in STAGES:
            figure.add_vline(x=entry.time_s, line={"color": STAGES[entry.stage], "width": 2})
    figure.update_layout(
        height=170 * len(PANELS), margin={"l": 70, "r": 20, "t": 40, "b": 50},
        hovermode="x unified", legend={"orientation": "h", "y": 1.06},
    )  # fmt: skip
    return figure


def _values(flight: FlightRecord, what: str) -> np.ndarray:
    if what == "error":
        return 100.0 * flight.error_m()
    if what == "speed":
        return np.asarray(np.linalg.norm(flight.states[:, 7:10], axis=1))
    if what == "thrust":
        return flight.commands[:, 0]
    if what == "rates":
        return np.asarray(np.linalg.norm(flight.commands[:, 1:], axis=1))
    return 1e3 * flight.latency_s


def _mark_phase(figure: go.Figure, phase: Phase) -> None:
    figure.add_vline(x=phase.start_s, line={"color": GREY, "width": 1, "dash": "dot"})
    figure.add_annotation(
        x=phase.start_s, y=1.0, yref="paper", text=phase.name, showarrow=False, xanchor="left",
        yanchor="bottom", font={"size": 11, "color": GREY},
    )  # fmt: skip
