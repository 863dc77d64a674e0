# SPDX-License-Identifier: Apache-2.0
"""docs/tutorials/*.md, done as they say: every command of theirs, shorter, in the page's order."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ELSEWHERE = ("from_crazyswarm2",)
"""Pages that need ROS 2 itself: test_from_crazyswarm2.py follows that one."""

PAGES = sorted(
    page for page in (ROOT / "docs" / "tutorials").glob("*.md") if page.stem not in ELSEWHERE
)
MARTLET = [sys.executable, "-m", "martlet.cli"]

FILE = re.compile(r"^`([\w.]+)`\n```(?:toml|csv)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
"""A file that a page shows: its name, then what is in it."""

COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)

pytestmark = [pytest.mark.ros, pytest.mark.timeout(300)]


def shorter(words):
    """A command that says the same and takes seconds: fewer episodes, a moment of training.

    Three million steps make a policy that hovers; one that races comes from elsewhere, see below.
    """
    steps = "300000" if "race" in words else "3000000"
    words = [f"ppo.steps={steps}" if word.startswith("ppo.steps=") else word for word in words]
    if "--episodes" in words:
        words[words.index("--episodes") + 1] = "8"
    if words[0] == "train":
        words += ["--steps", steps]
    if words[0] == "fly" and "twin" not in words:
        words += ["--clock", "lockstep", "--factor", "20"]
    return [*words, "--json"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where a page is followed: what a clone has there, and room for runs."""
    for name in ("policies", "sim_core"):
        shutil.copytree(
            ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("cpp", "*.py", "*.so")
        )
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_says_can_be_done(page, folder, race_policy_path):
    text = page.read_text(encoding="utf-8")
    for name, inside in FILE.findall(text):
        (folder / name).write_text(inside, encoding="utf-8")
    if page.stem == "second_machine":
        shutil.copy(folder / "policies" / "universal_brushless.onnx", folder / "policy.onnx")
    commands = "".join(COMMANDS.findall(text)).splitlines()
    assert commands, "a page with nothing to do"
    for line in commands:
        run(line)
        if line.startswith(".venv/bin/martlet train --task race"):
            # A moment of training does not race.
            shutil.copy(race_policy_path, folder / "runs" / "my_race" / "policy.onnx")


def run(line):
    """One line of a page."""
    if line.startswith(".venv/bin/martlet "):
        command = [*MARTLET, *shorter(shlex.split(line)[1:])]
        done = subprocess.run(command, capture_output=True, text=True, timeout=250, check=False)
    else:
        done = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)
    # A network of moments may miss a gate, which a flight's exit status tells: it has flown.
    flew = done.returncode == 1 and "martlet fly" in line and json.loads(done.stdout)["landed"]
    assert done.returncode == 0 or flew, f"{line}\n{done.stdout}{done.stderr}"


LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda p: p.stem
)
def test_links_lead_somewhere(page):
    links = [x for x in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in x]
    gone = [link for link in links if not (page.parent / link).exists()]
    assert not gone
