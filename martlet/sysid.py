# SPDX-License-Identifier: Apache-2.0
"""`martlet sysid`: a drone's own logs in, its airframe file out."""

from pathlib import Path
from typing import Any

from evaluation.sysid.identify import identify


def run(logs: tuple[Path, ...], airframe: str, out: Path, mass_kg: float | None) -> dict[str, Any]:
    """Fit, write, and return what the command prints."""
    return identify(logs, airframe, out, mass_kg)
