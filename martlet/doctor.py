# SPDX-License-Identifier: Apache-2.0
"""Whether everything is in its place on this machine; and bags that lost their end."""

import importlib.metadata
import importlib.util
import os
import platform
from pathlib import Path
from typing import Any

from sim_core import _core
from sim_core.airframe import airframe_names

_PACKAGES = ("numpy", "torch", "onnxruntime", "gymnasium", "cflib", "mcap")


def examine() -> dict[str, Any]:
    """Look at the machine.

    Returns:
        What was found; `ok` is false where `martlet fly` cannot work, and `missing` says why.
    """
    missing = []
    if importlib.util.find_spec("rclpy") is None:
        missing.append("rclpy: run `make setup`, or source a ROS 2 installation")
    if importlib.util.find_spec("martlet_msgs") is None:
        missing.append("martlet_msgs: run `make setup`, which builds ros2_ws")
    if importlib.util.find_spec("torch") is None:
        missing.append("torch: pip install 'martlet[train]', to train")
    return {
        "ok": not missing,
        "missing": missing,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "instruction_sets": _core.instruction_sets(),
        "airframes": airframe_names(),
        "packages": {name: _version(name) for name in _PACKAGES},
    }


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def mend(path: Path) -> dict[str, Any]:
    """Give a bag whose recorder was killed the end it lacks.

    Args:
        path: The bag's folder, or its .mcap file.
    """
    from martlet.bag_recovery import recover_bag

    return {"ok": True, **recover_bag(path)}
