# SPDX-License-Identifier: Apache-2.0
"""Pictures of an evaluation, and the command that draws them."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from evaluation.baselines import fly_baseline
from evaluation.errors import PictureError
from evaluation.evaluation_picture import render
from evaluation.rendering import check_kind


@pytest.fixture(scope="module")
def flown():
    return fly_baseline("stock", "kind = 'hover'\nposition_m = [0, 0, 1]\nduration_s = 2", 12)


def test_page_is_a_picture_with_both_colours(flown, tmp_path: Path) -> None:
    path = tmp_path / "new" / "page.png"
    render(flown, path)
    with Image.open(path) as page:
        pixels = np.asarray(page.convert("RGB")).reshape(-1, 3)
    for colour in ((0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00)):
        assert (np.abs(pixels.astype(int) - colour).sum(axis=1) < 12).sum() > 100
    assert [p.name for p in path.parent.iterdir()] == ["page.png"]


def test_film_lasts_as_long_as_the_flight_and_moves(flown, tmp_path: Path) -> None:
    path = tmp_path / "film.gif"
    render(flown, path)
    with Image.open(path) as film:
        assert film.n_frames == 41  # 2 s at 20 frames a second, both ends
        assert film.info["duration"] == 50
        first = np.asarray(film.convert("RGB")).astype(int)
        film.seek(20)
        later = np.asarray(film.convert("RGB")).astype(int)
    assert (np.abs(later - first).sum(axis=2) > 60).sum() > 200


def test_picture_of_another_kind_is_refused_before_anything_flies(flown) -> None:
    for refuse in (check_kind, lambda path: render(flown, path)):
        with pytest.raises(PictureError, match=r"expected a \.png or \.gif file, got 'x\.mp4'"):
            refuse(Path("x.mp4"))
    check_kind(None)


def test_eval_flies_a_policy_and_a_baseline_on_the_same_drones(
    martlet, policy_path: Path, tmp_path: Path
) -> None:
    words = ["--task", "hover", "--episodes", "12", "--baseline", "stock", "--out", tmp_path]
    told = json.loads(
        martlet("eval", policy_path, *words, "--render", tmp_path / "p.png", "--json").out
    )
    assert told["pilot"] == "policy.onnx"
    assert {"success_rate", "success_ci95", "rmse_m", "settled_error_m", "crash_rate"} <= set(told)
    assert told["baselines"]["stock"]["tail"]["episodes"] == told["tail"]["episodes"]
    for path in (told["worst"], told["picture"], told["baselines"]["stock"]["worst"]):
        assert Path(path).is_file()
    assert Path(told["worst"]).parent == tmp_path


def test_eval_prints_a_column_for_each_pilot(martlet, policy_path: Path, tmp_path: Path) -> None:
    words = ["--episodes", "4", "--baseline", "stock", "--out", tmp_path]
    out = martlet("eval", policy_path, *words).out
    for text in ("policy.onnx", "stock", "success_ci95", "thrust/weight 1.5 to 1.7", "begins at"):
        assert text in out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "expected a policy file, --baseline stock or raptor, got neither"),
        (("--baseline", "stock", "--render", "x.mp4"), "expected a .png or .gif file"),
        (("--baseline", "stock", "--episodes", "0"), "episodes: expected at least 1, got 0"),
    ],
)
def test_eval_asked_for_wrongly_ends_with_two(martlet, words, sentence: str) -> None:
    answer = martlet("eval", *words)
    assert answer.code == 2
    assert sentence in answer.errors
