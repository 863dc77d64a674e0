# SPDX-License-Identifier: Apache-2.0
"""Films and stills: cameras and painter by hand, then whole pictures."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from evaluation.camera import Camera, around, behind
from evaluation.errors import PictureError
from evaluation.film import draw_film, draw_still
from evaluation.lettering import notes_of
from evaluation.painter import faces, paint
from evaluation.picture import GREEN, ORANGE
from evaluation.scene import Scene
from evaluation.scenery import track_patches
from sim_core.track_model import Gate, Obstacle, Room, Start, Track

SMALL = (160, 100)
AHEAD = Camera((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), 90.0)
"""Along x; y is left and z is up in its picture."""

GATE = Gate((1.0, 0.0, 1.0), 0.0, "square", 0.4, 0.7, 0.02, True, 0.05)
TRACK = Track(
    "one", 1, False, Room((-1.0, -1.0, 0.0), (2.0, 1.0, 2.0)), Start((0.0, 0.0, 0.0)),
    (GATE, replace(GATE, position_m=(1.5, 0.5, 1.0), shape="round", post_radius_m=0.0)),
    (Obstacle(0.5, 0.5, 0.02, 1.5),),
)  # fmt: skip


def flight(drones: int = 1, seconds: float = 1.0, **more) -> Scene:
    """Level drones from the origin along x, side by side, at 1 m/s and 1 m."""
    times = np.arange(0.0, seconds + 1e-9, 0.01)
    states = np.zeros((len(times), drones, 13))
    states[..., 0] = times[:, None]
    states[..., 1] = 0.4 * np.arange(drones)
    states[..., 2], states[..., 6], states[..., 7] = 1.0, 1.0, 1.0
    return Scene(times, states, **more)


def test_projection_by_hand() -> None:
    """With 90° from edge to edge, what is as far aside as ahead lies on the edge."""
    points = [(2.0, 0.0, 0.0), (2.0, 2.0, 0.0), (2.0, 0.0, 2.0), (2.0, -1.0, -1.0)]
    seen = AHEAD.seen(points)
    np.testing.assert_allclose(seen[:, 2], 2.0)
    found = AHEAD.project(seen, (400, 200))
    np.testing.assert_allclose(found, [(200, 100), (100, 100), (200, 0), (250, 150)], atol=1e-9)


def test_camera_that_looks_straight_down_is_refused() -> None:
    with pytest.raises(PictureError, match="expected a target beside the eye"):
        Camera((0.0, 0.0, 1.0), (0.0, 0.0, 0.0)).axes()


def test_camera_around_sees_all_and_no_more_than_needed() -> None:
    points = np.random.default_rng(0).uniform(-1.0, 1.0, (50, 3))
    view = around(points, begin_s=1.0, end_s=3.0, aspect=1.5, fill=0.9)
    widest = 0.0
    for at in np.linspace(1.0, 3.0, 9):
        camera = view(at)
        off = np.abs(camera.project(camera.seen(points), (300, 200)) / (150.0, 100.0) - 1.0)
        widest = max(widest, off.max())
    assert 0.88 < widest <= 0.9 + 1e-6
    assert view(1.0) != view(3.0)


def test_camera_behind_follows() -> None:
    times = np.arange(0.0, 3.0, 0.01)
    path = np.column_stack([times, np.zeros_like(times), np.ones_like(times)])
    camera = behind(times, path, distance_m=1.5, above_m=0.5)(1.5)
    np.testing.assert_allclose(camera.eye_m, (0.0, 0.0, 1.5), atol=0.02)
    np.testing.assert_allclose(camera.target_m, (1.5, 0.0, 1.0), atol=0.02)


def square(x: float, half: float) -> np.ndarray:
    """A square across the camera's axis, its front towards the eye."""
    signs = np.array([(-1, -1), (-1, 1), (1, 1), (1, -1)])
    return np.column_stack([np.full(4, x), half * signs])[None]


@pytest.mark.parametrize("first", [0, 1])
def test_what_is_nearer_hides_what_is_farther(first: int) -> None:
    near = faces(square(1.0, 0.2), np.array([255, 0, 0, 255]), solid=False)
    far = faces(square(2.0, 0.8), np.array([0, 0, 255, 255]), solid=False)
    image = Image.new("RGB", (100, 100), "white")
    paint(image, AHEAD, [near, far] if first else [far, near])
    assert image.getpixel((50, 50)) == (255, 0, 0)
    assert image.getpixel((65, 50)) == (0, 0, 255)
    assert image.getpixel((95, 50)) == (255, 255, 255)


def test_backs_of_solids_and_what_is_behind_the_eye_are_not_drawn() -> None:
    image = Image.new("RGB", (20, 20), "white")
    paint(image, AHEAD, [faces(square(1.0, 0.5)[:, ::-1], np.array([255, 0, 0, 255]))])
    paint(image, AHEAD, [faces(square(-1.0, 0.5), np.array([255, 0, 0, 255]), solid=False)])
    assert image.getcolors() == [(400, (255, 255, 255))]
    paint(image, AHEAD, [faces(square(1.0, 0.5), np.array([255, 0, 0, 255]))])
    assert image.getpixel((10, 10)) != (255, 255, 255)


def test_a_drone_before_a_frame_is_seen_and_one_behind_it_is_hidden(tmp_path: Path) -> None:
    """Seen along x: a drone half as large, before, behind or far from the left bar, 15 cm wide."""
    camera = Camera((-1.0, 0.275, 1.0), (1.0, 0.275, 1.0), 12.0)
    shown = []
    for x in (0.8, 1.2, -5.0):
        states = np.zeros((1, 1, 13))
        states[..., :3], states[..., 6] = (x, 0.275, 1.0), 1.0
        scene = Scene(np.zeros(1), states, TRACK, drone_scale=0.5)
        draw_still(scene, tmp_path / "s.png", every_s=None, camera=camera, size=(320, 200))
        with Image.open(tmp_path / "s.png") as picture:
            shown.append(np.asarray(picture.convert("L"), int))
    before, beyond, away = shown
    assert (np.abs(before - away) > 30).sum() > 100
    np.testing.assert_array_equal(beyond, away)


def test_frames_turn_green_once_they_are_passed() -> None:
    def colours(time_s: float) -> list[str]:
        frames = track_patches(flight(track=TRACK, passed_s=(0.5, 0.9)), time_s)
        found = ["#{:02X}{:02X}{:02X}".format(*map(int, f.colours[0])) for f in frames]
        return [c for c in found if c in (GREEN, ORANGE)]

    assert colours(0.49) == [ORANGE, ORANGE]
    assert colours(0.5) == [GREEN, ORANGE]
    assert colours(1.0) == [GREEN, GREEN]


def test_film_has_its_frames_and_lasts_as_long_as_asked(tmp_path: Path) -> None:
    asked = []

    def caption(time_s: float) -> str:
        asked.append(time_s)
        return f"{time_s:.2f}"

    path = tmp_path / "new" / "film.gif"
    scene = flight(3, slots_m=flight(3).states[..., :3], reference_m=flight().states[:, 0, :3])
    draw_film(
        scene, path, begin_s=0.2, end_s=0.7, slower=2.0, linger_s=0.5, caption=caption, size=SMALL
    )
    with Image.open(path) as film:
        assert film.size == SMALL
        assert film.n_frames == 21  # half a second slowed twice, at 20 frames a second, both ends
        durations = []
        for frame in range(film.n_frames):
            film.seek(frame)
            durations.append(film.info["duration"])
    assert durations == [50] * 20 + [550]
    np.testing.assert_allclose(sorted(set(asked))[:2], [0.2, 0.225])
    assert max(asked) == pytest.approx(0.7)
    assert [p.name for p in path.parent.iterdir()] == ["film.gif"]


def test_paper_stays_white_in_a_film(tmp_path: Path) -> None:
    draw_film(flight(track=TRACK), tmp_path / "film.gif", end_s=0.2, size=SMALL)
    with Image.open(tmp_path / "film.gif") as film:
        film.seek(2)
        assert film.convert("RGB").getpixel((2, 2)) == (255, 255, 255)


def test_still_shows_the_drone_at_several_moments(tmp_path: Path) -> None:
    dark = []
    for every in (None, 0.25):
        draw_still(flight(), tmp_path / "still.png", every_s=every, size=(320, 200))
        with Image.open(tmp_path / "still.png") as picture:
            dark.append((np.asarray(picture.convert("L")) < 90).sum())
    once, five_times = dark
    assert five_times > 2 * once > 0


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (
            {"states": np.zeros((3, 1, 13))},
            r"states: expected shape \(101, N, 13\), got \(3, 1, 13",
        ),
        ({"states": np.full((101, 1, 13), np.nan)}, "states: expected finite numbers"),
        ({"states": np.zeros((101, 0, 13))}, "expected one or more rising times and drones"),
        ({"times_s": np.zeros(101)}, "expected one or more rising times"),
        ({"slots_m": np.zeros((101, 2, 3))}, r"slots_m: expected shape \(101, 1, 3\)"),
        ({"reference_m": np.zeros((5, 2))}, r"reference_m: expected shape \(K, 3\), got \(5, 2\)"),
        ({"names": ("a", "b")}, "names: expected one for each of 1 drones, got 2"),
        ({"kind": "cf2"}, "got 'cf2' and 2.0"),
        ({"drone_scale": -1.0}, "a drone_scale above 0, got 'brushless' and -1.0"),
    ],
)
def test_a_scene_of_other_shapes_is_refused(more, sentence: str) -> None:
    with pytest.raises(PictureError, match=sentence):
        replace(flight(), **more)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"begin_s": 0.8, "end_s": 0.2}, "expected 0.00 ≤ begin ≤ end ≤ 1.00, got 0.8 and 0.2"),
        ({"end_s": 2.0}, "got 0.0 and 2.0"),
        ({"slower": 0.0}, "slowed 0.0 times"),
        ({"slower": 100.0}, "expected at most 60 s, got 1.00 s slowed 100.0 times"),
        ({"size": (0, 0)}, r"expected at least 16 x 16 pixels, got \(0, 0\)"),
    ],
)
def test_a_film_of_nothing_is_refused(asked, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=sentence):
        draw_film(flight(), tmp_path / "film.gif", **asked)
    assert not list(tmp_path.iterdir())


def test_a_still_of_no_moments_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"every_s: expected more than 0, got 0\.0"):
        draw_still(flight(), tmp_path / "still.png", every_s=0.0)


@pytest.mark.parametrize(
    ("slower", "note"),
    [
        (1.0, "drones drawn 2×"),
        (4.0, "drones drawn 2×, 4× slower"),
        (0.5, "drones drawn 2×, 2× faster"),
    ],
)
def test_a_film_says_how_fast_its_time_runs(slower, note):
    assert notes_of(flight(2), slower) == note
