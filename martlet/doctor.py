# SPDX-License-Identifier: Apache-2.0
"""Whether everything is in its place on this machine; and bags that lost their end."""

import importlib.metadata
import importlib.util
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from martlet.errors import UsageError
from martlet.flight.workspace import find_workspace
from sim_core import _core
from sim_core.airframe import airframe_names

_PACKAGES = ("numpy", "torch", "onnxruntime", "gymnasium", "cflib", "mcap")


def examine() -> dict[str, Any]:
    """Look at the machine.

    Returns:
        What was found; `ok` is false where `martlet fly` cannot work, and `missing` says why.
    """
    missing = _missing_of_ros()
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


def _missing_of_ros() -> list[str]:
    """What a flight's nodes would miss: they are asked to import it, in the nodes' environment."""
    try:
        workspace = find_workspace()
    except UsageError as error:
        return [str(error)]
    words = [sys.executable, "-c", "import rclpy, martlet_msgs.msg"]
    env = workspace.environment()
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return []
    said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
    return [f"ROS 2: expected rclpy and martlet_msgs to load, got {said}; run `make setup`"]


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
