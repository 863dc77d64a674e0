# SPDX-License-Identifier: Apache-2.0
"""Which change makes which step run again."""

import shutil
from pathlib import Path

import pytest

from bootstrap import torch_build
from bootstrap.command_line import ROOT
from bootstrap.layout import Layout
from bootstrap.plan import make_plan
from bootstrap.shell import Shell

COPIED = ("pyproject.toml", "CMakeLists.txt", "martlet/ros_environment.py")


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    monkeypatch.delenv("AMENT_PREFIX_PATH", raising=False)
    for name in COPIED:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    shutil.copytree(ROOT / "ros2_ws" / "src", tmp_path / "ros2_ws" / "src")
    (tmp_path / "sim_core" / "cpp").mkdir(parents=True)
    return Layout(tmp_path)


def _keys(layout: Layout) -> dict[str, str]:
    return {step.name: step.key for step in make_plan(layout, dev=True, hardware=False)}


def _changed_by(layout: Layout, file: str, append: str) -> set[str]:
    before = _keys(layout)
    path = layout.root / file
    path.write_text((path.read_text() if path.exists() else "") + append)
    after = _keys(layout)
    return {name for name in after if after[name] != before[name]}


def test_plan_is_the_same_while_nothing_changes(layout: Layout) -> None:
    assert _keys(layout) == _keys(layout)


@pytest.mark.parametrize(
    ("file", "append", "again"),
    [
        ("ros2_ws/src/martlet_msgs/msg/FleetStates.msg", "bool x\n", {"workspace"}),
        ("launch/fly.launch.py", "x = 1\n", {"workspace"}),
        ("sim_core/cpp/rotor.hpp", "int x;\n", {"core", "martlet"}),
        ("CMakeLists.txt", "# x\n", {"core", "martlet"}),
        ("requirements/ros.txt", "ros-jazzy-tf2-msgs\n", {"ros", "workspace"}),
        ("requirements/build.txt", "x\n", {"build_tools", "core", "workspace", "martlet"}),
        ("pyproject.toml", "\n[tool.unknown]\nx = 1\n", set()),
        ("README.md", "x\n", set()),
    ],
)
def test_plan_repeats_what_a_change_touches(
    layout: Layout, file: str, append: str, again: set[str]
) -> None:
    (layout.root / file).parent.mkdir(exist_ok=True)

    assert _changed_by(layout, file, append) == again


def test_plan_repeats_what_a_new_dependency_touches(layout: Layout) -> None:
    before = _keys(layout)
    pyproject = layout.root / "pyproject.toml"
    pyproject.write_text(
        pyproject.read_text().replace("dependencies = [", 'dependencies = ["x",', 1)
    )
    after = _keys(layout)

    assert {name for name in after if after[name] != before[name]} == {
        "packages",
        "core",
        "martlet",
    }


def test_plan_leaves_torch_out_of_the_other_packages(layout: Layout) -> None:
    asked = layout.root / "asked"
    layout.python.parent.mkdir(parents=True)
    layout.python.write_text(f'#!/bin/sh\necho "$@" >> {asked}\n')
    layout.python.chmod(0o755)

    step = next(s for s in make_plan(layout, dev=False, hardware=False) if s.name == "packages")
    step.run(Shell(layout.logs / "packages.log", {}), print)

    words = asked.read_text().split()
    assert [word for word in words if word.startswith("onnx>")]
    assert not [word for word in words if word.startswith("torch")]


def test_plan_takes_torch_in_its_own_step_alone(layout: Layout) -> None:
    assert any(line.startswith("torch") for line in layout.extra("train"))
    assert [step.name for step in make_plan(layout, dev=False, hardware=False)] == [
        "venv",
        "build_tools",
        "core",
        "ros",
        "workspace",
        "torch",
        "packages",
        "martlet",
    ]


def test_plan_keeps_the_torch_that_was_asked_for_once(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(torch_build.OVERRIDE, raising=False)
    default = _keys(layout)["torch"]
    monkeypatch.setenv(torch_build.OVERRIDE, "torch>=2.9")
    step = next(s for s in make_plan(layout, dev=False, hardware=False) if s.name == "torch")
    assert step.key != default

    layout.stamps.mkdir(parents=True)
    (layout.venv / "bin").mkdir()
    layout.python.symlink_to("/bin/true")  # pip, which installs nothing
    step.run(Shell(layout.logs / "torch.log", {}), print)
    monkeypatch.delenv(torch_build.OVERRIDE)

    assert _keys(layout)["torch"] == step.key


def test_plan_brings_cflib_and_tools_only_where_wanted(layout: Layout) -> None:
    names = [step.name for step in make_plan(layout, dev=True, hardware=True)]

    assert {"dev", "hardware"} < set(names)


def test_plan_on_a_sourced_ros_leaves_the_wheels_out(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    ros = layout.root / "opt" / "ros"
    python = f"python{layout.python_version}"
    (ros / "lib" / python / "site-packages" / "rclpy").mkdir(parents=True)
    before = _keys(layout)
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(ros))
    plan = {step.name: step for step in make_plan(layout, dev=False, hardware=False)}

    assert plan["ros"].title == f"colcon, for the ROS 2 in {ros}"
    assert plan["ros"].key != before["ros"]
    assert plan["workspace"].key != before["workspace"]
