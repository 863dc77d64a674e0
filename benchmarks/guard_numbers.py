# SPDX-License-Identifier: Apache-2.0
"""Two numbers that the guard stands on: a drone's way to rest, and that paths do not trip it.

Run it with `python benchmarks/guard_numbers.py`. A drone of each kind flies along x at a speed,
tilted so that it is pushed on, and is told to stop where it is, as the guard tells it at a wall;
the way it goes on is held against what the guard reckons with. Then the policy that comes along
flies every path that comes along, in the simulator, behind the guard with its default fence. Tables
go into docs/safety.md.
"""

import math
import sys
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "ros2_ws" / "src" / "martlet_nodes"))

from faults.ending import SpoiledError  # noqa: E402
from faults.flight import Flight  # noqa: E402
from faults.world import SimWorld  # noqa: E402
from marked import replace_between  # noqa: E402
from recording import record  # noqa: E402

from firmware_bridge.braking import MARGIN_M, brake, stopping_m  # noqa: E402
from firmware_bridge.firmware_double import DoubleSettings, FirmwareDouble  # noqa: E402
from firmware_bridge.orders import Arm, Attitude, HandBack, TakeOff  # noqa: E402
from firmware_bridge.steering import lean  # noqa: E402
from policy_export.runtime import PolicyRunner  # noqa: E402
from sim_core.airframe import load_airframe  # noqa: E402
from sim_core.tasks import CONTROL_DT, task_names  # noqa: E402

NAME = "guard_numbers"
POLICY = ROOT / "policies" / "universal_brushless.onnx"
PAGE = ROOT / "docs" / "safety.md"
STOPPING = ("<!-- stopping -->", "<!-- end of stopping -->")
PATHS = ("<!-- guarded paths -->", "<!-- end of guarded paths -->")

AIRFRAMES = ("cf21_plus", "cf21_brushless")
SPEEDS_M_S = (0.5, 1.0, 2.0, 3.0, 5.0, 8.0)
TILT_DEG = 40.0
HEIGHT_M = 20.0
LONGEST_S = 8.0


def main() -> None:
    """Measure both, record them, write the tables."""
    figures = {"tilt_deg": TILT_DEG, "stopping": stopping(), "paths": guarded_paths()}
    record(NAME, figures)
    page = replace_between(PAGE.read_text(), *STOPPING, stopping_table(figures))
    PAGE.write_text(replace_between(page, *PATHS, paths_table(figures)))


def stopping() -> list[dict[str, Any]]:
    """The way from each speed to rest, of the drone that takes longest."""
    found = []
    for speed_m_s in SPEEDS_M_S:
        ways = {name: way_to_rest_m(name, speed_m_s) for name in AIRFRAMES}
        found.append(
            {"speed_m_s": speed_m_s, "reckoned_m": round(stopping_m(speed_m_s), 3), "ways_m": ways}
        )
    return found


def way_to_rest_m(name: str, speed_m_s: float) -> float:
    """How far a drone goes on along x that is told to stop at a speed, pushed on by its tilt."""
    airframe = load_airframe(name)
    double = FirmwareDouble(airframe, DoubleSettings(0, 0.0, 0.0, noise=False, battery=False))
    double.send(0, Arm(True), 0.0)
    double.send(0, TakeOff(HEIGHT_M, 12.0), 0.0)
    now = 16.0
    double.advance(now)
    order = Attitude(0.0, math.radians(TILT_DEG), 0.0, thrust_n=1.0)
    while (state := double.truth[0])[7] < speed_m_s:
        upright = max(1.0 - 2.0 * float(state[3] ** 2 + state[4] ** 2), 0.2)
        thrust = min(airframe.hover_thrust_n / upright, airframe.max_thrust_n)
        double.send(0, lean(order, thrust, state[3:7]), now)
        now += CONTROL_DT
        double.advance(now)
    begin = double.truth[0].copy()
    x, y, z = begin[:3].tolist()
    low, high = (x - 100.0, y - 100.0, 0.0), (x + MARGIN_M, y + 100.0, z + 100.0)
    double.send(0, HandBack(), now)
    double.send(0, brake(begin, low, high), now)
    farthest = 0.0
    for _ in range(round(LONGEST_S / CONTROL_DT)):
        now += CONTROL_DT
        double.advance(now)
        farthest = max(farthest, float(double.truth[0, 0] - begin[0]))
    return round(farthest, 3)


def guarded_paths() -> list[dict[str, Any]]:
    """Every path that comes along, flown behind the guard."""
    runner = PolicyRunner(POLICY)
    return [guarded(runner, name) for name in task_names()]


def guarded(runner: PolicyRunner, task: str) -> dict[str, Any]:
    """One path from its start to the landing after it."""
    world = SimWorld(1)
    try:
        flight = Flight(world, runner, task)
        flight.fly(lambda: flight.down() and flight.task_s > 0.0)
    except SpoiledError as error:
        return {"path": task, "spoiled": str(error)}
    truth = np.array(flight.truth)[:, 0]
    flown = truth[truth[:, 2] > 0.3]
    inside = np.minimum(
        flown[:, :3] - world.limits.box_low_m, world.limits.box_high_m - flown[:, :3]
    )
    return {
        "path": task,
        "interventions": world.backend.status(0).interventions,
        "reasons": [event.cause for event in world.backend.guard_events(0)],
        "top_speed_m_s": round(float(np.linalg.norm(flown[:, 7:10], axis=1).max()), 2),
        "nearest_wall_m": round(float(inside[:, :2].min()), 2),
    }


def stopping_table(figures: dict[str, Any]) -> list[str]:
    """Lines: a row for each speed."""
    lines = [
        f"| told to stop at, tilted {figures['tilt_deg']:.0f} degrees the wrong way | "
        + " | ".join(AIRFRAMES)
        + " | the guard reckons with |",
        "|---|---|---|---|",
    ]
    for row in figures["stopping"]:
        ways = " | ".join(f"{row['ways_m'][name]:.2f} m" for name in AIRFRAMES)
        lines.append(f"| {row['speed_m_s']:g} m/s | {ways} | {row['reckoned_m']:.2f} m |")
    return lines


def paths_table(figures: dict[str, Any]) -> list[str]:
    """Lines: a row for each path."""
    lines = ["| path | top speed | nearest to a wall | guard stepped in |", "|---|---|---|---|"]
    for row in figures["paths"]:
        if "spoiled" in row:
            lines.append(f"| {row['path']} | | | not flown: {row['spoiled']} |")
            continue
        lines.append(
            f"| {row['path']} | {row['top_speed_m_s']:.1f} m/s | {row['nearest_wall_m']:.2f} m |"
            f" {row['interventions'] or 'never'} |"
        )
    return lines


if __name__ == "__main__":
    main()
