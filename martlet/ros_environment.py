# SPDX-License-Identifier: Apache-2.0
"""The environment in which ROS 2 processes start, whoever starts them.

The wheels of ROS 2 need their libraries on the loader's path, the workspace needs to be found, and
the network is to stay closed. This file says so once, for the set-up, the Makefile and the command
line. It imports the standard library alone, so that the set-up can read it before anything is
installed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

LOOPBACK_PROFILE = Path("src", "martlet_bringup", "config", "fastdds_loopback.xml")
"""Where in the workspace the Fast DDS profile lies that keeps nodes on this machine."""

OPEN_SETTING = "MARTLET_DDS_OPEN"
"""The one setting that opens the network: 1, true, yes or on."""

_FAST_DDS = "rmw_fastrtps_cpp"
_PROFILE_KEYS = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")  # 2.x and 3.x


def environment(
    prefix: Path, workspace: Path, base: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the environment for a process that speaks ROS 2.

    A ROS 2 that was sourced before, and that this Python can import, is left as it is: only the
    workspace is laid over it. Any other is taken out, and the wheels in ``prefix`` are used.
    Applied twice, it changes nothing the second time.

    Args:
        prefix: Virtual environment that holds Martlet, usually ``sys.prefix``.
        workspace: The folder ``ros2_ws``, built by colcon into its folder ``install``.
        base: Environment to start from; ``os.environ`` when left out.

    Returns:
        The whole environment, for ``subprocess``'s ``env``.
    """
    env = dict(os.environ if base is None else base)
    prefix, workspace = prefix.absolute(), workspace.absolute()
    install = workspace / "install"
    site_packages = _site_packages(prefix)
    overlay_packages = install / site_packages.relative_to(prefix)
    libraries = [install / "lib"]
    ament = [install]
    own = [prefix, install]
    if sourced_ros(env, own, site_packages.parent.name) is None:
        _take_out(env, _foreign_prefixes(env, own))
        libraries += [prefix / "lib", *sorted(site_packages.glob("ros_*.libs"))]
        ament += [prefix]
        env.update(ROS_DISTRO="jazzy", ROS_VERSION="2", ROS_PYTHON_VERSION="3")
        env["RMW_IMPLEMENTATION"] = _FAST_DDS
    # Without this the wheels' .pth starts the interpreter a second time to set LD_LIBRARY_PATH.
    env["_ROS_WHEELS_BOOTSTRAP_COMPLETE"] = "1"
    env["VIRTUAL_ENV"] = str(prefix)
    _put_first(env, "PATH", [prefix / "bin"])
    _put_first(env, "LD_LIBRARY_PATH", libraries)
    _put_first(env, "AMENT_PREFIX_PATH", ament)
    _put_first(env, "PYTHONPATH", [overlay_packages])
    _close_network(env, workspace / LOOPBACK_PROFILE)
    return env


def sourced_ros(base: Mapping[str, str], own: Sequence[Path], python: str) -> Path | None:
    """Find a ROS 2 that was sourced before and that a Python can import.

    Args:
        base: Environment to look at.
        own: Prefixes that are Martlet's: its virtual environment and its workspace.
        python: Which Python, ``python3.12`` for one.

    Returns:
        Its prefix, ``/opt/ros/jazzy`` for one, or None.
    """
    for candidate in _foreign_prefixes(base, own):
        site_packages = candidate / "lib" / python / "site-packages"
        is_wheels = (site_packages / "ros_wheels_bootstrapper").is_dir()  # of another checkout
        if (site_packages / "rclpy").is_dir() and not is_wheels:
            return candidate
    return None


def network_is_open(base: Mapping[str, str]) -> bool:
    """Say whether ``MARTLET_DDS_OPEN`` opens the network in this environment."""
    return base.get(OPEN_SETTING, "").strip().lower() in {"1", "true", "yes", "on"}


def _site_packages(prefix: Path) -> Path:
    found = sorted(prefix.glob("lib/python3.*/site-packages"))
    if not found:
        raise FileNotFoundError(
            f"{prefix}: expected a virtual environment with lib/python3.*/site-packages;"
            " run `make setup`"
        )
    return found[-1]


def _foreign_prefixes(base: Mapping[str, str], own: Sequence[Path]) -> list[Path]:
    """List the prefixes on AMENT_PREFIX_PATH that are neither the wheels' nor the workspace's."""
    entries = [Path(entry) for entry in base.get("AMENT_PREFIX_PATH", "").split(":") if entry]
    return [entry for entry in entries if entry not in own]


def _take_out(env: dict[str, str], prefixes: Iterable[Path]) -> None:
    """Drop what lies under other ROS prefixes from the search paths."""
    prefixes = list(prefixes)
    for key in ("AMENT_PREFIX_PATH", "CMAKE_PREFIX_PATH", "LD_LIBRARY_PATH", "PYTHONPATH"):
        entries = [entry for entry in env.get(key, "").split(":") if entry]
        kept = [e for e in entries if not any(Path(e).is_relative_to(p) for p in prefixes)]
        if kept:
            env[key] = ":".join(kept)
        else:
            env.pop(key, None)


def _put_first(env: dict[str, str], key: str, entries: Iterable[Path]) -> None:
    first = [str(entry) for entry in entries]
    rest = [entry for entry in env.get(key, "").split(":") if entry and entry not in first]
    env[key] = ":".join(first + rest)


def _close_network(env: dict[str, str], profile: Path) -> None:
    """Keep DDS on this machine, unless the setting opens it."""
    for key in _PROFILE_KEYS:
        if env.get(key) == str(profile):
            del env[key]
    if network_is_open(env):
        return
    if env.get("RMW_IMPLEMENTATION", _FAST_DDS) != _FAST_DDS:
        env.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")  # all there is for another
        return
    env.update(dict.fromkeys(_PROFILE_KEYS, str(profile)))
    # LOCALHOST makes rmw_fastrtps replace the profile's transports, and bind every interface.
    env["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "SYSTEM_DEFAULT"
    for key in ("ROS_LOCALHOST_ONLY", "ROS_STATIC_PEERS"):
        env.pop(key, None)
