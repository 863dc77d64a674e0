# SPDX-License-Identifier: Apache-2.0
"""Writes the README's table of figures from results/*.json, so that no number is typed by hand.

Run it with `python benchmarks/readme_table.py` after the other scripts here.
"""

import json
from pathlib import Path
from typing import Any

from marked import replace_between

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"


def main() -> None:
    """Replace what stands between the markers."""
    rows = [_machine(), "", "| what | figure | script |", "|---|---|---|", *_rows()]
    README.write_text(replace_between(README.read_text(), BEGIN, END, rows))


def _machine() -> str:
    """What all figures were measured on; a sentence for each machine, if there were several."""
    found: dict[str, list[str]] = {}
    for name in ("core_speed", "training_speed", "runner_latency", "ros_latency"):
        path = HERE / "results" / f"{name}.json"
        if path.exists():
            machine = json.loads(path.read_text())["machine"]
            found.setdefault(f"{machine['cores']} cores of an {machine['cpu']}", []).append(name)
    if len(found) == 1:
        return f"Measured on {next(iter(found))}, no GPU; each has a script under `benchmarks/`."
    return " ".join(f"On {machine}: {', '.join(names)}." for machine, names in found.items())


def _rows() -> list[str]:
    core, training = _figures("core_speed"), _figures("training_speed")
    runner, ros = _figures("runner_latency"), _figures("ros_latency")
    speeds = core.get("core_env_steps_per_s", {})
    rows = []
    for threads, speed in speeds.items():
        what = f"environment steps/s of the core, {threads} thread{'s' * (threads != '1')}"
        rows.append(_row(what, f"{speed / 1e6:.1f} M", "core_speed"))
    for what, name in (
        ("the same, noise and randomisation off, 1 thread", "core_env_steps_per_s_bare"),
        ("drone steps/s, swarms of 8 with wakes and neighbours, 1 thread",
         "swarm_drone_steps_per_s"),
    ):  # fmt: skip
        if name in core:
            rows.append(_row(what, f"{core[name]['1'] / 1e6:.1f} M", "core_speed"))
    if training:
        for learner, by_threads in sorted(training["train_learners"].items()):
            threads, found = max(by_threads.items(), key=lambda entry: int(entry[0]))
            what = f"training steps/s, {learner} learner, {threads} threads, 2 epochs"
            rows.append(_row(what, f"{found['env_steps_per_s'] / 1e3:.0f} k", "training_speed"))
    for figures, name, unit, what, script in (
        (runner, "runner_latency_us", "µs", "PolicyRunner, one drone", "runner_latency"),
        (ros, "ros_latency_ms", "ms", "state to command through ROS", "ros_latency"),
    ):
        if name in figures:
            value = figures[name]
            rows.append(
                _row(what, f"{value['p50']} {unit} median, {value['p99']} {unit} p99", script)
            )
    return rows


def _row(what: str, figure: str, script: str) -> str:
    return f"| {what} | {figure} | `benchmarks/{script}.py` |"


def _figures(name: str) -> dict[str, Any]:
    path = HERE / "results" / f"{name}.json"
    found: dict[str, Any] = json.loads(path.read_text())["figures"] if path.exists() else {}
    return found


if __name__ == "__main__":
    main()
