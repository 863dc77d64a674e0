# SPDX-License-Identifier: Apache-2.0
"""Where the built ROS 2 workspace is, and the description of a flight's nodes in it."""

import importlib.util
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from martlet.errors import UsageError
from martlet.ros_environment import environment

SETTING = "MARTLET_WORKSPACE"
"""Environment variable that names another workspace than the project's ros2_ws."""


@dataclass(frozen=True)
class Workspace:
    """A built workspace.

    Attributes:
        root: The folder that colcon built in.
        stack: The module martlet_bringup.stack.
    """

    root: Path
    stack: ModuleType

    @property
    def install(self) -> Path:
        """Where its packages are installed."""
        return self.root / "install"

    def environment(self) -> dict[str, str]:
        """The environment for processes that speak ROS 2."""
        return environment(Path(sys.prefix), self.root)


def find_workspace() -> Workspace:
    """Find the workspace.

    Raises:
        UsageError: It is not there, or not built.
    """
    named = os.environ.get(SETTING)
    root = Path(named) if named else Path(__file__).resolve().parents[2] / "ros2_ws"
    node = root / "install" / "lib" / "martlet_nodes" / "sim_backend"
    if not node.exists():
        raise UsageError(
            f"{root}: expected a built ROS 2 workspace, found no {node.relative_to(root)};"
            " run `make setup`."
        )
    return Workspace(root, _stack(root))


def _stack(root: Path) -> ModuleType:
    """Load martlet_bringup/stack.py, which lies on no path of this process."""
    name = "martlet_bringup.stack"
    path = root / "src" / "martlet_bringup" / "martlet_bringup" / "stack.py"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.exists():
        raise UsageError(f"{path}: expected the description of a flight's nodes.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module
