# SPDX-License-Identifier: Apache-2.0
"""What the pages show: commands and launch arguments that there are, and every page on the site."""

import functools
import re
import shlex
from dataclasses import fields
from pathlib import Path

import pytest
import tyro
import yaml

from firmware_bridge.fleet import load_fleet
from martlet import cli
from martlet_bringup.arguments import refuse_strangers
from martlet_bringup.interface_page import LAUNCH_FILES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
BLOCK = re.compile(r"^```(?:sh)?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
TUTORIALS = {
    *("tutorials/first_flight.md", "tasks.md", "tutorials/your_drone.md", "tutorials/race.md"),
    *("tutorials/swarm.md", "hardware_checklist.md", "tutorials/second_machine.md"),
    "tutorials/from_crazyswarm2.md",
}


def shown(page, begin):
    """The command lines of a page that begin so, as words."""
    lines = "".join(BLOCK.findall(page.read_text(encoding="utf-8"))).replace("\\\n", " ")
    found = (re.match(rf"(?:\$ )?{begin} (.*)", line.strip()) for line in lines.splitlines())
    return [shlex.split(line[1], comments=True) for line in found if line]


def with_lines(begin):
    """Pages that show such commands, and these."""
    lines = {page: shown(page, begin) for page in PAGES}
    return [pytest.param(found, id=page.stem) for page, found in lines.items() if found]


def test_every_page_is_in_the_navigation_and_tutorials_are_found_as_such():
    nav = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    sections = {name: inside for part in nav for name, inside in part.items()}
    tutorials = {page for one in sections["Tutorials"] for page in one.values()}
    assert tutorials == TUTORIALS
    listed = re.findall(r"[\w/]+\.md", str(nav))
    assert sorted(listed) == sorted(str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md"))


@pytest.mark.parametrize("lines", with_lines(r"(?:\.venv/bin/)?martlet"))
def test_commands_are_understood(lines):
    for name, *words in lines:
        done = []
        command = cli._COMMANDS[name]

        @functools.wraps(command)
        def understood(*_, done=done, **__):
            done.append(True)

        tyro.cli(understood, args=words, config=cli.READING)
        assert done, (name, words)


@pytest.mark.parametrize("lines", with_lines("ros2 launch"))
def test_launch_files_know_their_arguments(lines):
    known = {f"launch/{name}.launch.py": fields(cls) for name, _, cls, _ in LAUNCH_FILES}
    for file, *words in lines:
        refuse_strangers(words, [field.name for field in known[file]])


def test_the_fleet_file_that_the_checklist_shows_is_sound(tmp_path):
    (text,) = re.findall(
        r"^```toml\n(.*?)^```$", (DOCS / "hardware_checklist.md").read_text(), re.DOTALL | re.M
    )
    path = tmp_path / "fleet.toml"
    path.write_text(text)
    assert load_fleet(path).drones[0].name == "cf1"
