# SPDX-License-Identifier: Apache-2.0
"""`martlet sysid`: a drone's own logs in, its airframe file out."""

from pathlib import Path
from typing import Any

from evaluation.sysid.identify import identify
from martlet.errors import UsageError
from martlet.flight_logs import logs_at


def run(logs: tuple[Path, ...], airframe: str, out: Path, mass_kg: float | None) -> dict[str, Any]:
    """Fit, write, and return what the command prints.

    Raises:
        LogError, UsageError: Logs that are none, that hold several drones' flights, or that cannot
            tell the numbers.
    """
    flights = []
    for path in logs:
        found = logs_at(path)
        if len(found) > 1:
            raise UsageError(
                f"{path}: expected the flight of one drone, whose numbers to fit, got those of"
                f" {len(found)}."
            )
        flights += found
    return identify(flights, airframe, out, mass_kg)
