# SPDX-License-Identifier: Apache-2.0
"""docs/tasks.md, done as it says in a copy of the sources: what it shows must build and fly."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pybind11
import pytest
from scipy.spatial.transform import Rotation

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "tasks.md").read_text(encoding="utf-8")
COPIED = ("evaluation", "firmware_bridge", "martlet", "policy_export", "sim_core", "training")
MOMENT = ["--steps", "6000", "--num-envs", "64", "--learner", "torch", "--json"]
TERMS = {"near", "speed", "facing", "lap", "smoothness", "overshoot", "crash"}

FLOWN = """
import json, sys
from dataclasses import replace
import numpy as np
import sim_core
from sim_core import _core
from sim_core.environment import load_environment
from sim_core.vec_env import VecEnv

calm = ["reward.smoothness=0", "reward.overshoot=0", "reward.lap=0", "circle.speed_m_s=0",
        "circle.radius_low_m=0.9", "circle.radius_high_m=0.9", "randomization={}"]
settings = load_environment("circle", calm)
settings = replace(settings, estimate=settings.estimate.exact())
moved, scored = VecEnv(256, settings, threads=1), VecEnv(256, settings, threads=1)
seen, _ = scored.reset(seed=3)
seen = seen.copy()
moved.reset(seed=3)
start = moved.core.truth.copy()
low, high = settings.command_limits()
hover = np.tile(np.float32((low + high) / 2), (256, 1))
rows = []
for _ in range(60):
    moved.core.fly(hover)
    _, reward, failed, *_ = scored.step(hover)
    rows.append((moved.core.truth.copy(), reward.copy(), failed.copy()))
np.savez(sys.argv[1], start=start, seen=seen, truth=[r[0] for r in rows],
         reward=[r[1] for r in rows], failed=[r[2] for r in rows])
print(json.dumps({"tree": sim_core.__path__, "terms": _core.TASKS["circle"]["reward_terms"],
                  "isa": _core.instruction_sets(), "numbers": settings.numbers}))
"""
"""Two environments with the same drones: `fly` tells where they are, `step` what it is worth."""


def block(language):
    """The page's one block in a language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return found


def path_before(language):
    """The file that the text before a block names last."""
    before = PAGE[: PAGE.index(f"```{language}")]
    return [p for p in re.findall(r"`(sim_core/[\w/.]+)`", before) if "." in p][-1]


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the sources with the page's task in it, its core built."""
    tree = tmp_path_factory.mktemp("tutorial")
    skipped = shutil.ignore_patterns("*.so", "__pycache__")
    for name in COPIED:
        shutil.copytree(ROOT / name, tree / name, ignore=skipped)
    shutil.copy(ROOT / "CMakeLists.txt", tree)
    for language in ("cpp", "toml"):
        file = tree / path_before(language)
        assert not file.exists(), "the page adds it"
        file.write_text(block(language), encoding="utf-8")
    configure = {
        "Python_EXECUTABLE": sys.executable,
        "pybind11_DIR": pybind11.get_cmake_dir(),
        # Neither fast nor for every machine: soon done.
        "CMAKE_CXX_FLAGS_RELEASE": "-O1",
        "MARTLET_WIDE": "OFF",
        "CMAKE_COMPILE_WARNING_AS_ERROR": "ON",
        "CMAKE_LIBRARY_OUTPUT_DIRECTORY": tree / "sim_core",
    }
    tools = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = os.environ | {"PATH": tools}
    for command in (
        ["cmake", "-S", tree, "-B", tree / "build", "-G", "Ninja"]
        + [f"-D{name}={value}" for name, value in configure.items()],
        ["cmake", "--build", tree / "build", "--target", "_core"],
    ):
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return tree


def run_python(tree, *words):
    """The copy's Python: without `site`, whose hooks would import the installed sources."""
    path = os.pathsep.join([str(tree), sysconfig.get_path("purelib")])
    done = subprocess.run(
        [sys.executable, "-S", *map(str, words)], cwd=tree, env=os.environ | {"PYTHONPATH": path},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def commands():
    """The page's commands as words, by their first."""
    lines = block("sh").splitlines()
    assert lines[0] == "make setup", "what `tree` stands for"
    words = [shlex.split(line) for line in lines[1:]]
    assert all(w[0] == ".venv/bin/martlet" for w in words)
    return {w[1]: w[1:] for w in words}


def test_the_header_is_as_short_as_promised():
    assert len(block("cpp").splitlines()) <= 150


@pytest.mark.slow
@pytest.mark.timeout(1200)  # a build
def test_the_task_trains_to_a_policy_file_and_is_judged(tree):
    train, evaluate = commands()["train"], commands()["eval"]
    trained = run_python(tree, "-m", "martlet.cli", *train, *MOMENT)
    assert trained["steps"] >= 6000
    assert set(trained["referee"]) == {"episode_return", "failed_rate", "episodes"}
    folder = tree / train[train.index("--out") + 1]
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert {name.removeprefix("reward/") for name in rows[0] if "reward/" in name} == TERMS
    assert evaluate[1] == trained["policy"]
    told = run_python(tree, "-m", "martlet.cli", *evaluate, "--episodes", "100", "--json")
    assert told["task"] == "circle"
    assert 0.0 <= told["failed_rate"] <= 1.0
    assert told["episode_return"] != trained["referee"]["episode_return"]  # other drones


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_task_sees_and_scores_what_it_says(tree, tmp_path):
    about = run_python(tree, "-c", FLOWN, tmp_path / "flown.npz")
    assert about["tree"] == [str(tree / "sim_core")]
    assert set(about["terms"]) == TERMS
    flown = np.load(tmp_path / "flown.npz")
    numbers = about["numbers"]

    def offset(p):
        return np.hypot(p[..., 0], p[..., 1]) - 0.9, p[..., 2] - numbers["circle.height_m"]

    start, seen = flown["start"], flown["seen"]
    np.testing.assert_allclose(seen[:, :2], np.stack(offset(start), 1), atol=1e-4)
    np.testing.assert_allclose(seen[:, 2:4], [[0.9, 0.0]] * len(seen), atol=1e-6)
    nose = rotations(start[:, 3:7])[..., 0]
    to_pole = -start[:, :2] / np.linalg.norm(start[:, :2], axis=1, keepdims=True)
    np.testing.assert_allclose(seen[:, 7], (nose[:, :2] * to_pole).sum(1), atol=1e-4)

    over = np.zeros(len(seen), bool)
    for truth, reward, failed in zip(flown["truth"], flown["reward"], flown["failed"], strict=True):
        out, up = offset(truth)
        nose = rotations(truth[:, 3:7])[..., 0]
        to_pole = -truth[:, :2] / np.linalg.norm(truth[:, :2], axis=1, keepdims=True)
        facing = (nose[:, :2] * to_pole).sum(1)
        expected = (
            numbers["reward.near"] / (1.0 + (out**2 + up**2) / 0.2**2)
            - numbers["reward.speed"] * np.linalg.norm(truth[:, 7:10], axis=1)
            - numbers["reward.facing"] * (1.0 - facing)
        )
        expected = np.where(failed, -numbers["reward.crash"], expected)
        np.testing.assert_allclose(reward[~over], expected[~over], atol=1e-4)
        gone = np.hypot(out, up) > numbers["episode.max_offset_m"]
        hit = np.hypot(truth[:, 0], truth[:, 1]) < numbers["episode.pole_radius_m"]
        assert (failed == (gone | hit))[~over].all()
        over |= failed
    assert over.any()
    assert not over.all()


def rotations(q):
    """R_WB of unit quaternions x y z w, shape (..., 3, 3)."""
    return Rotation.from_quat(q).as_matrix()
