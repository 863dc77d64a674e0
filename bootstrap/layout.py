# SPDX-License-Identifier: Apache-2.0
"""Where things lie in a checkout, and what pyproject.toml asks for."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any


class Layout:
    """The folders and files of one checkout."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.venv = self.root / ".venv"
        self.python = self.venv / "bin" / "python"
        self.workspace = self.root / "ros2_ws"
        self.logs = self.root / "build" / "setup"
        self.stamps = self.venv / "martlet_stamps"
        self.requirements = self.root / "requirements"
        self.python_version = f"{sys.version_info[0]}.{sys.version_info[1]}"

    @property
    def site_packages(self) -> Path:
        """The folder that packages are installed into."""
        return self.venv / "lib" / f"python{self.python_version}" / "site-packages"

    @property
    def ros_environment(self) -> ModuleType:
        """The module martlet/ros_environment.py, without importing what lies around it."""
        path = self.root / "martlet" / "ros_environment.py"
        spec = importlib.util.spec_from_file_location("martlet_ros_environment", path)
        if spec is None or spec.loader is None:
            raise FileNotFoundError(f"{path}: expected the module of the ROS environment")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def ros_env(self) -> dict[str, str]:
        """The environment in which ROS 2 processes start."""
        env: dict[str, str] = self.ros_environment.environment(self.venv, self.workspace)
        return env

    def sourced_ros(self) -> Path | None:
        """A ROS 2 that was sourced before make was called, if this Python can import it."""
        own = [self.venv, self.workspace / "install"]
        python = f"python{self.python_version}"
        found: Path | None = self.ros_environment.sourced_ros(os.environ, own, python)
        return found

    def project(self) -> dict[str, Any]:
        """pyproject.toml."""
        return tomllib.loads((self.root / "pyproject.toml").read_text())

    def dependencies(self) -> list[str]:
        """What the project needs to run, as pip takes it."""
        return list(self.project()["project"]["dependencies"])

    def extra(self, name: str) -> list[str]:
        """What an extra of the project adds to that."""
        return list(self.project()["project"]["optional-dependencies"][name])

    def build_settings(self) -> str:
        """The parts of pyproject.toml that make a difference to what is installed."""
        project = self.project()
        parts = (project["project"], project["build-system"], project["tool"]["scikit-build"])
        return json.dumps(parts, sort_keys=True)
