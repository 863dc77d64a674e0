# SPDX-License-Identifier: Apache-2.0
"""Entries into rerun: the one file that draws with it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import rerun as rr
import rerun.blueprint as rrb

from martlet.view.entries import Colour, Entry, Label, Lines, Number, Pose, Remark, Solid

TIMELINE = "flight"
TRAIL_S = 6.0  # guess: as much of a way as one still tells apart
LABEL_M = 0.004  # guess

ROOM_M = np.array([[-1.5, -1.5, 0.0], [1.5, 1.5, 1.5]])  # guess: where paths are flown
EYE, AWAY = np.array([-0.55, -0.65, 0.53]), 2.3  # guess: from behind, above, all of it in sight


class Sink:
    """A recording of rerun's, into a file or to its server."""

    def __init__(
        self, drones: Iterable[tuple[str, Colour]], still: Iterable[Entry] = (), *, live: bool
    ) -> None:
        """Begin.

        Args:
            drones: Names and colours, in their order.
            still: What stands still all along.
            live: Whether the picture follows the newest.
        """
        self._still = tuple(still)
        self._stream = rr.RecordingStream("martlet")
        self._drones = tuple(drones)
        self._live = live
        self._begun_s: float | None = None

    def save(self, path: Path) -> None:
        """Write into a file."""
        self._stream.save(path, default_blueprint=self._layout())
        self._begin()

    def connect(self, url: str) -> None:
        """Send to a server."""
        self._stream.connect_grpc(url, default_blueprint=self._layout())
        self._begin()

    def _begin(self) -> None:
        self._stream.log("world", rr.ViewCoordinates.RIGHT_HAND_Z_UP, static=True)
        for name, colour in self._drones:
            for plot in ("error", "latency", "speed", "battery"):
                series = rr.SeriesLines(colors=[colour], names=[name])
                self._stream.log(f"plots/{plot}/{name}", series, static=True)
        for entry in self._still:
            self._stream.log(entry.path, _drawn(entry), static=True)

    def draw(self, stamp_s: float, entries: Iterable[Entry]) -> None:
        """Draw what a message said; times count from the whole second of the first."""
        if self._begun_s is None:
            self._begun_s = float(np.floor(stamp_s))
        self._stream.set_time(TIMELINE, duration=stamp_s - self._begun_s)
        for entry in entries:
            self._stream.log(entry.path, _drawn(entry))

    def end(self) -> None:
        """See that all of it has gone where it should."""
        self._stream.flush()
        self._stream.disconnect()

    def _layout(self) -> rrb.Blueprint:
        trail = rrb.VisibleTimeRanges(
            timeline=TIMELINE,
            start=rrb.TimeRangeBoundary.cursor_relative(seconds=-TRAIL_S),
            end=rrb.TimeRangeBoundary.cursor_relative(),
        )
        moving: dict[Any, Any] = {
            f"world/{kind}/{name}": trail
            for kind in ("trails", "references")
            for name, _ in self._drones
        }
        room = rrb.Spatial3DView(
            origin="world", name="flight", overrides=moving, eye_controls=_eye(self._still)
        )
        plots = [
            rrb.TimeSeriesView(origin=f"plots/{plot}", name=name)
            for plot, name in (
                ("error", "distance to the reference [cm]"),
                ("latency", "state to command [ms]"),
                ("speed", "speed [m/s]"),
                ("battery", "battery [V]"),
            )
        ]
        log = rrb.TextLogView(origin="log", name="who commands, and the guard")
        return rrb.Blueprint(
            rrb.Horizontal(
                rrb.Vertical(room, log, row_shares=[4, 1]),
                rrb.Vertical(*plots),
                column_shares=[2, 1],
            ),
            rrb.TimePanel(
                timeline=TIMELINE, state="collapsed", play_state="following" if self._live else None
            ),
            rrb.BlueprintPanel(state="hidden"),
            rrb.SelectionPanel(state="hidden"),
        )


def _eye(still: Iterable[Entry]) -> rrb.EyeControls3D:
    """From where one sees the track, or else the middle of the room."""
    strips = [
        strip
        for entry in still
        if isinstance(entry, Lines) and entry.path.startswith("world/track")
        for strip in entry.strips_m
    ]
    points = np.concatenate(strips) if strips else ROOM_M
    low, high = points.min(axis=0), points.max(axis=0)
    middle = (low + high) / 2.0
    away_m = 0.5 * float(np.linalg.norm(high - low)) * AWAY
    return rrb.EyeControls3D(position=middle + away_m * EYE, look_target=middle, eye_up=(0, 0, 1))


def _drawn(entry: Entry) -> Any:
    match entry:
        case Pose():
            return rr.Transform3D(
                translation=entry.position_m, rotation=rr.Quaternion(xyzw=entry.q_WB)
            )
        case Lines():
            return rr.LineStrips3D(
                entry.strips_m,
                colors=[entry.colour],
                radii=[entry.radius_m],
                labels=entry.labels or None,
                show_labels=bool(entry.labels),
            )
        case Solid():
            corners = entry.corners_m.reshape(-1, 3, 3)
            across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
            length = np.linalg.norm(across, axis=1, keepdims=True)
            return rr.Mesh3D(
                vertex_positions=entry.corners_m,
                vertex_normals=np.repeat(across / np.maximum(length, 1e-12), 3, axis=0),
                vertex_colors=entry.colours.astype(np.uint8),
            )
        case Label():
            return rr.Points3D(
                [[0.0, 0.0, 0.0]], radii=[LABEL_M], colors=[entry.colour], labels=[entry.text]
            )
        case Number():
            return rr.Scalars(entry.value)
        case Remark():
            level = rr.TextLogLevel.WARN if entry.warning else rr.TextLogLevel.INFO
            return rr.TextLog(entry.text, level=level)
