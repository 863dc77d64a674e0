# SPDX-License-Identifier: Apache-2.0
"""The drone of our films: closed, as large as the real one, the right way round."""

from collections import Counter

import numpy as np
import pytest

from evaluation.drone_mesh import SIZES, drone_mesh, rgb
from evaluation.errors import PictureError
from evaluation.picture import BLUE


@pytest.mark.parametrize("kind", SIZES)
def test_mesh_is_closed_and_faces_look_outward(kind: str) -> None:
    mesh = drone_mesh(kind)
    edges = Counter(
        (int(a), int(b))
        for face in mesh.faces
        for a, b in zip(face, np.roll(face, -1), strict=True)
    )
    assert set(edges.values()) == {1}
    assert all((b, a) in edges for a, b in edges)
    corners = mesh.vertices_m[mesh.faces]
    for part in range(mesh.parts[-1] + 1):
        volume = np.linalg.det(corners[mesh.parts == part]).sum() / 6.0
        assert volume > 0.0


@pytest.mark.parametrize(
    ("kind", "diagonal_m", "propeller_m", "height_m"),
    [("brushed", 0.092, 0.046, 0.029), ("brushless", 0.100, 0.055, 0.027)],
)
def test_mesh_has_the_size_of_the_drone(kind, diagonal_m, propeller_m, height_m) -> None:
    mesh = drone_mesh(kind)
    middles = mesh.discs_m.mean(axis=1)
    assert np.linalg.norm((middles[0] - middles[2])[:2]) == pytest.approx(diagonal_m)
    across = np.linalg.norm(mesh.discs_m - middles[:, None], axis=2)
    np.testing.assert_allclose(2.0 * across, propeller_m)
    assert np.ptp(mesh.vertices_m[:, 2]) == pytest.approx(height_m)
    twice = drone_mesh(kind, scale=2.0)
    np.testing.assert_allclose(twice.vertices_m, 2.0 * mesh.vertices_m)
    np.testing.assert_allclose(twice.discs_m, 2.0 * mesh.discs_m)


def test_front_is_forward_and_motors_go_clockwise_from_the_front_right() -> None:
    mesh = drone_mesh("brushed", colour=BLUE)
    coloured = mesh.vertices_m[mesh.faces[(mesh.colours == rgb(BLUE)).all(axis=1)]].mean(axis=1)
    assert coloured[:, 0].min() > -0.001
    signs = np.sign(mesh.discs_m.mean(axis=1)[:, :2])
    np.testing.assert_array_equal(signs, [(1, -1), (-1, -1), (-1, 1), (1, 1)])
    assert mesh.discs_m[..., 2].min() > 0.0  # above the board


def test_propellers_turn_as_bitcraze_has_them() -> None:
    """M1 and M3 counterclockwise seen from above, and nothing else moves."""
    before, after = (drone_mesh("brushed", turn_rad=turn) for turn in (0.0, 0.1))
    moved = np.linalg.norm(after.vertices_m - before.vertices_m, axis=1) > 1e-9
    for motor, spin in enumerate((1.0, -1.0, 1.0, -1.0)):
        centre = before.discs_m[motor].mean(axis=0)[:2]
        near = moved & (np.linalg.norm(before.vertices_m[:, :2] - centre, axis=1) < 0.0235)
        was, now = (m.vertices_m[near, :2] - centre for m in (before, after))
        angle = np.arctan2(was[:, 0] * now[:, 1] - was[:, 1] * now[:, 0], (was * now).sum(axis=1))
        np.testing.assert_allclose(angle, spin * 0.1, atol=1e-9)
    assert 0 < moved.sum() < len(moved) / 2


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"kind": "cf2"}, r"kind: expected 'brushed' or 'brushless', got 'cf2'\."),
        ({"scale": 0.0}, r"scale: expected more than 0, got 0\.0\."),
        ({"scale": float("nan")}, r"scale: expected more than 0, got nan\."),
    ],
)
def test_another_drone_is_refused(asked, sentence) -> None:
    with pytest.raises(PictureError, match=sentence):
        drone_mesh(**asked)
