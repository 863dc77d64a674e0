# SPDX-License-Identifier: Apache-2.0
"""What stood on a track, as the race referee reads it."""

from collections.abc import Sequence

import numpy as np

from evaluation.race_referee import Course
from sim_core.errors import SettingsError
from sim_core.track_model import Track


def race_course(tracks: Track | Sequence[Track]) -> Course:
    """The referee's course.

    Args:
        tracks: The true track that all drones flew, or one for each: the same frames and as many
            poles, in places of their own.

    Raises:
        SettingsError: Tracks that differ in more than places.
    """
    tracks = [tracks] if isinstance(tracks, Track) else list(tracks)
    first = tracks[0]
    if any(_shape(track) != _shape(first) for track in tracks):
        raise SettingsError(
            f"tracks: expected the frames, poles and laps of {first.name!r} in all, got others."
        )
    frames = first.gates
    return Course(
        position_m=np.array([[gate.position_m for gate in t.gates] for t in tracks]),
        yaw_rad=np.array([[gate.yaw_rad for gate in t.gates] for t in tracks]),
        half_opening_m=np.array([gate.opening_m / 2.0 for gate in frames]),
        round=np.array([gate.shape == "round" for gate in frames]),
        half_outer_m=np.array([gate.outer_m / 2.0 for gate in frames]),
        half_depth_m=np.array([gate.depth_m / 2.0 for gate in frames]),
        solid=np.array([gate.solid for gate in frames]),
        post_radius_m=np.array([gate.post_radius_m for gate in frames]),
        counted_share=np.array([gate.counted_share for gate in frames]),
        poles=np.array(
            [[(o.x_m, o.y_m, o.radius_m, o.height_m) for o in t.obstacles] for t in tracks]
        ).reshape(len(tracks), -1, 4),
        room_m=np.array([first.room.low_m, first.room.high_m]),
        laps=first.laps,
        first_gate=np.array([t.start.first_gate for t in tracks]),
    )


def _shape(track: Track) -> tuple[object, ...]:
    """All that drones judged together have in common."""
    frames = [
        (g.shape, g.opening_m, g.outer_m, g.depth_m, g.solid, g.post_radius_m, g.counted_share)
        for g in track.gates
    ]
    return track.room, track.laps, frames, len(track.obstacles)
