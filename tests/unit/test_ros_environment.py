# SPDX-License-Identifier: Apache-2.0
"""The environment that ROS 2 processes start in."""

from pathlib import Path

import pytest

from martlet.ros_environment import LOOPBACK_PROFILE, environment, sourced_ros

PYTHON = "python3.12"


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    site_packages = tmp_path / "venv" / "lib" / PYTHON / "site-packages"
    for libraries in ("ros_rcl.libs", "ros_fastrtps.libs", "numpy.libs"):
        (site_packages / libraries).mkdir(parents=True)
    return tmp_path / "venv"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tmp_path / "ros2_ws"


def _ros(root: Path, python: str) -> Path:
    (root / "lib" / python / "site-packages" / "rclpy").mkdir(parents=True)
    return root


def test_environment_finds_the_wheels_and_the_workspace(prefix: Path, workspace: Path) -> None:
    env = environment(prefix, workspace, {"PATH": "/bin", "HOME": "/home/x"})
    site_packages = prefix / "lib" / PYTHON / "site-packages"
    install = workspace / "install"

    assert env["HOME"] == "/home/x"
    assert env["PATH"] == f"{prefix}/bin:/bin"
    assert env["LD_LIBRARY_PATH"].split(":") == [
        f"{install}/lib",
        f"{prefix}/lib",
        f"{site_packages}/ros_fastrtps.libs",
        f"{site_packages}/ros_rcl.libs",
    ]
    assert env["AMENT_PREFIX_PATH"] == f"{install}:{prefix}"
    assert env["PYTHONPATH"] == f"{install}/lib/{PYTHON}/site-packages"
    assert env["RMW_IMPLEMENTATION"] == "rmw_fastrtps_cpp"
    assert env["_ROS_WHEELS_BOOTSTRAP_COMPLETE"] == "1"


def test_environment_applied_twice_changes_nothing(prefix: Path, workspace: Path) -> None:
    once = environment(prefix, workspace, {"PATH": "/bin", "PYTHONPATH": "/mine"})

    assert environment(prefix, workspace, once) == once


def test_environment_does_not_touch_what_it_was_given(prefix: Path, workspace: Path) -> None:
    base = {"PATH": "/bin"}
    environment(prefix, workspace, base)

    assert base == {"PATH": "/bin"}


def test_environment_leaves_a_sourced_ros_alone(
    prefix: Path, workspace: Path, tmp_path: Path
) -> None:
    ros = _ros(tmp_path / "opt" / "humble", PYTHON)
    base = {
        "AMENT_PREFIX_PATH": str(ros),
        "LD_LIBRARY_PATH": f"{ros}/lib",
        "PYTHONPATH": f"{ros}/lib/{PYTHON}/site-packages",
        "RMW_IMPLEMENTATION": "rmw_cyclonedds_cpp",
        "ROS_DISTRO": "humble",
    }

    env = environment(prefix, workspace, base)
    install = workspace / "install"

    assert env["AMENT_PREFIX_PATH"] == f"{install}:{ros}"
    assert env["LD_LIBRARY_PATH"] == f"{install}/lib:{ros}/lib"
    assert env["PYTHONPATH"] == (
        f"{install}/lib/{PYTHON}/site-packages:{ros}/lib/{PYTHON}/site-packages"
    )
    assert env["RMW_IMPLEMENTATION"] == "rmw_cyclonedds_cpp"
    assert env["ROS_DISTRO"] == "humble"
    assert env["ROS_AUTOMATIC_DISCOVERY_RANGE"] == "LOCALHOST"
    assert environment(prefix, workspace, env) == env


def test_environment_takes_out_a_ros_of_another_python(
    prefix: Path, workspace: Path, tmp_path: Path
) -> None:
    ros = _ros(tmp_path / "opt" / "humble", "python3.10")
    base = {
        "AMENT_PREFIX_PATH": str(ros),
        "LD_LIBRARY_PATH": f"{ros}/lib:/mine",
        "PYTHONPATH": f"{ros}/lib/python3.10/site-packages:/my/python",
    }

    env = environment(prefix, workspace, base)

    assert not [key for key, value in env.items() if str(ros) in value]
    assert env["LD_LIBRARY_PATH"].endswith(":/mine")
    assert env["PYTHONPATH"].endswith(":/my/python")


def test_sourced_ros_is_not_the_wheels_or_the_workspace(prefix: Path, workspace: Path) -> None:
    _ros(prefix, PYTHON)
    env = environment(prefix, workspace, {})

    assert sourced_ros(env, [prefix, workspace / "install"], PYTHON) is None
    assert sourced_ros(env, [workspace / "install"], PYTHON) == prefix


def test_sourced_ros_is_not_the_wheels_of_another_checkout(tmp_path: Path) -> None:
    other = _ros(tmp_path / "other", PYTHON)
    assert sourced_ros({"AMENT_PREFIX_PATH": str(other)}, [], PYTHON) == other
    (other / "lib" / PYTHON / "site-packages" / "ros_wheels_bootstrapper").mkdir()

    assert sourced_ros({"AMENT_PREFIX_PATH": str(other)}, [], PYTHON) is None


def test_environment_closes_the_network_unless_told(prefix: Path, workspace: Path) -> None:
    profile = str(workspace / LOOPBACK_PROFILE)
    keys = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")
    mine = dict.fromkeys(keys, "/mine.xml")

    closed = environment(prefix, workspace, mine)
    opened = environment(prefix, workspace, mine | {"MARTLET_DDS_OPEN": "1"})
    opened_later = environment(prefix, workspace, closed | {"MARTLET_DDS_OPEN": "yes"})
    not_opened = environment(prefix, workspace, mine | {"MARTLET_DDS_OPEN": "0"})

    assert [closed[key] for key in keys] == [profile, profile]
    assert [opened[key] for key in keys] == ["/mine.xml", "/mine.xml"]
    assert not set(keys) & set(opened_later)
    assert [not_opened[key] for key in keys] == [profile, profile]


def test_environment_overrules_settings_that_would_undo_the_profile(
    prefix: Path, workspace: Path
) -> None:
    settings = {"ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST", "ROS_LOCALHOST_ONLY": "1"}

    closed = environment(prefix, workspace, settings)
    opened = environment(prefix, workspace, settings | {"MARTLET_DDS_OPEN": "1"})

    assert closed["ROS_AUTOMATIC_DISCOVERY_RANGE"] == "SYSTEM_DEFAULT"
    assert "ROS_LOCALHOST_ONLY" not in closed
    assert opened.items() >= settings.items()


def test_environment_of_a_folder_without_python_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="run `make setup`"):
        environment(tmp_path / "nothing", tmp_path, {})


def test_the_profile_is_where_the_environment_says() -> None:
    root = Path(__file__).parents[2]

    assert (root / "ros2_ws" / LOOPBACK_PROFILE).is_file()
