# SPDX-License-Identifier: Apache-2.0
"""The pure part of training_quality.py and learner_parity.py: what was found, as tables."""

from typing import Any

LINES = {
    "track": ({"hover_error_m": (0.0, 0.015), "track_rmse_m": (0.0, 0.025)}, "1.5 and 2.5 cm"),
    "rings": ({"gates_passed": (13.0, 1e9)}, "13 rings"),
    "race": ({"success_rate": (0.75, 1.0)}, "75 % finished"),
}
"""Of each task's verdicts, what a policy has to be within to be worth flying; in words."""


def table(runs: dict[str, Any]) -> list[str]:
    """Rows of Markdown: a line for each task, seed and trial."""
    rows = ["| task, seed | training | trial | done (95 %) | figures |", "|---|---|---|---|---|"]
    for task, seeds in runs.items():
        for seed, found in seeds.items():
            training = f"{found['steps'] / 1e6:.0f} M steps, {found['seconds']:.0f} s"
            training += _first_within(task, found.get("verdicts", []))
            for trial, judged in found["trials"].items():
                done = "collision_free" if "collision_free_rate" in judged else "success"
                low, high = judged[f"{done}_ci95"]
                rows.append(
                    f"| {task}, {seed} | {training} | {trial}"
                    f" | {judged[f'{done}_rate']:.1%} ({low:.1%} to {high:.1%})"
                    f" | {_figures(judged)} |"
                )
    return rows


def _first_within(task: str, verdicts: list[dict[str, Any]]) -> str:
    """After how many seconds a verdict was within the task's line, and all later ones too."""
    if task not in LINES:
        return ""
    line, words = LINES[task]
    since = None
    for verdict in verdicts:
        values = [(verdict.get(name), *bounds) for name, bounds in line.items()]
        if not all(v is not None and low <= v <= high for v, low, high in values):
            since = None
        elif since is None:
            since = verdict["seconds"]
    return "" if since is None else f"; {words} from {since:.0f} s on"


def _figures(judged: dict[str, Any]) -> str:
    if "settled_error_m" in judged:
        return _track_figures(judged)
    if "slot_error_m" in judged:
        return (
            f"slots {_centimetres(judged['slot_error_m']['mean'])} mean,"
            f" {judged['collisions_per_drone_minute']:.2f} collisions a drone-minute"
        )
    lap = judged["lap_time_s"]["median"]
    seconds = f"{lap:.2f} s median" if lap else "no lap"
    perf = f", perf {judged['race_perf']:.3f}" if judged["track"] == "rings" else ""
    return f"{judged['gates_passed']:.1f} gates, {seconds}{perf}"


def _track_figures(judged: dict[str, Any]) -> str:
    """Errors of hover or of a path; beside them, where it flew, the stock controller's."""
    stock = judged.get("stock")
    if judged["task"] != "hover":
        shown = f"RMSE {_centimetres(judged['rmse_m'])} median"
        return shown + (_beside(judged["rmse_m"], stock["rmse_m"]) if stock else "")
    settled = judged["settled_error_m"]
    shown = (
        f"steady error {_centimetres(settled['median'])} median,"
        f" {_centimetres(settled['p95'])} at 95 %"
    )
    if stock:
        shown += _beside(settled["median"], stock["settled_error_m"]["median"])
    perf = judged.get("hover_perf")
    return shown + (f", hover perf {perf:.3f}" if perf is not None else "")


def _beside(ours_m: float | None, stock_m: float | None) -> str:
    share = f" ({ours_m / stock_m:.0%} of it)" if ours_m and stock_m else ""
    return f"; stock {_centimetres(stock_m)}{share}"


def _centimetres(metres: float | None) -> str:
    """An error; None is that of a crash."""
    return "crashed" if metres is None else f"{100 * metres:.1f} cm"


def learners_table(runs: dict[str, Any]) -> list[str]:
    """Rows of Markdown: a line for each learner, with the last verdicts of its seeds."""
    rows = ["| learner | training | hover error | lemniscate RMSE |", "|---|---|---|---|"]
    for learner, seeds in runs.items():
        last = [found["verdicts"][-1] for found in seeds.values()]
        steps = next(iter(seeds.values()))["steps"] / 1e6
        seconds = " / ".join(f"{found['seconds']:.0f}" for found in seeds.values())
        errors = (_last_errors(last, name) for name in ("hover_error_m", "track_rmse_m"))
        rows.append(f"| {learner} | {steps:.1f} M steps, {seconds} s | {' | '.join(errors)} |")
    return rows


def _last_errors(verdicts: list[dict[str, Any]], name: str) -> str:
    """Medians over drones, one a seed; None where most crashed."""
    return " / ".join(_centimetres(verdict.get(name)) for verdict in verdicts)
