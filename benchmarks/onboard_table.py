# SPDX-License-Identifier: Apache-2.0
"""What onboard.py found, as tables of Markdown."""

from collections.abc import Callable
from typing import Any

KIB = 1024
WEIGHTS = ("float32", "int8")


def tables(figures: dict[str, Any]) -> list[str]:
    """Lines: a table of the policy, and one of the policy of motors where it was measured."""
    episodes = figures["episodes"]
    errors = "thrust [N], rates [rad/s]", _rate_thrust_errors
    lines = _table(figures, f"`{figures['policy']}`", errors, episodes)
    if "motors" in figures:
        errors = "shares of full scale", _motor_errors
        lines += ["", *_table(figures["motors"], "a policy of motors", errors, episodes)]
    return lines


Cell = Callable[[dict[str, Any]], str]


def _table(found: dict[str, Any], what: str, errors: tuple[str, Cell], episodes: int) -> list[str]:
    kinds = [found[weights] for weights in WEIGHTS]
    unit, off = errors
    rows: list[tuple[str, Cell]] = [
        (
            f"off from onnxruntime at most, of {kinds[0]['observations']:,} observations: {unit}",
            off,
        ),
        ("bits on an emulated Cortex-M4F and on x86-64", _bits),
        ("flash: weights; paths and courses; with the code", _flash),
        ("RAM of a drone's policy and guard; stack of a step", _memory),
        ("instructions of a step; of them the network", _instructions),
        (_assumption(kinds[0]), _time),
    ]
    lines = [f"| {what}, on board: {', '.join(found['tasks'])} | float32 | int8 |", "|---|---|---|"]
    lines += [f"| {name} | {' | '.join(map(cell, kinds))} |" for name, cell in rows]
    for task, file in found["onnxruntime"]["referee"].items():
        cells = [_refereed(kind["referee"][task]) for kind in kinds]
        lines.append(
            f"| referee, {episodes} drones, {task}; the policy file itself: {_refereed(file)}"
            f" | {' | '.join(cells)} |"
        )
    return lines


def _rate_thrust_errors(kind: dict[str, Any]) -> str:
    thrust, *rates = kind["largest_error"]
    return f"{thrust:.2g}, {max(rates):.2g}"


def _motor_errors(kind: dict[str, Any]) -> str:
    return f"{max(kind['largest_error']):.2g}"


def _bits(kind: dict[str, Any]) -> str:
    same = all(figures["same_bits"] for figures in _boards(kind))
    return "the same" if same else "**different**"


def _flash(kind: dict[str, Any]) -> str:
    whole = max(figures["flash_bytes"] for figures in _boards(kind))
    parts = (kind["weights_bytes"], kind["tables_bytes"], whole)
    return "; ".join(f"{part / KIB:.0f} KiB" for part in parts)


def _memory(kind: dict[str, Any]) -> str:
    ram, stack = (
        max(figures[f"{what}_bytes"] for figures in _boards(kind)) for what in ("ram", "stack")
    )
    return f"{ram / KIB:.1f} KiB; {stack / KIB:.1f} KiB"


def _instructions(kind: dict[str, Any]) -> str:
    step, network = (
        max(figures[f"{what}_instructions"] for figures in _boards(kind))
        for what in ("step", "infer")
    )
    return f"{step:,}; {network:,}"


def _assumption(kind: dict[str, Any]) -> str:
    cycles = kind["cycles_per_instruction_assumed"]
    return f"that at 168 MHz, **assuming {cycles:g} cycles an instruction**; it is due every"


def _time(kind: dict[str, Any]) -> str:
    longest = max(figures["step_ms_at_168_mhz"] for figures in _boards(kind))
    return f"{longest:.2f} ms; {kind['period_ms']} ms"


def _boards(kind: dict[str, Any]) -> list[dict[str, Any]]:
    """Figures of the emulated chip, task by task."""
    return [part for part in kind.values() if isinstance(part, dict) and "same_bits" in part]


def _refereed(figures: dict[str, float]) -> str:
    done = f"{100.0 * figures['success_rate']:.1f} %"
    if "rmse_m" in figures:
        return f"{done} at {1e3 * figures['rmse_m']:.1f} mm"
    return f"{done} at {figures['lap_time_s_median']:.2f} s"
