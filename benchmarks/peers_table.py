# SPDX-License-Identifier: Apache-2.0
"""The pure part of peers.py: what drivers say, summed up, compared and laid out as tables."""

import json
from collections.abc import Iterable, Mapping, Sequence
from operator import truediv
from statistics import median
from typing import Any

OURS = "martlet"

Descriptions = Mapping[str, Mapping[str, Any]]
"""peers/peers.toml."""


def parse_answer(line: str, name: str) -> dict[str, Any]:
    """Read one line of a driver.

    Raises:
        ValueError: It is no JSON object, or a speed that is not above zero.
    """
    try:
        answer = json.loads(line)
    except json.JSONDecodeError:
        answer = None
    if not isinstance(answer, dict) or not answer.get("steps_per_s", 1.0) > 0:
        raise ValueError(f"{name}: expected a line of JSON with its speed, got {line.strip()!r}.")
    return answer


def sum_up(answers: Sequence[Sequence[Mapping[str, float]]], substeps: int) -> dict[str, float]:
    """Steps a second over rounds: median, least and most.

    `per_core` divides by the processors that were busy: what is left of a speed when others take
    processors away.

    Args:
        answers: For each round those of all processes at once, whose speeds add up.
        substeps: Physics steps in an environment step.
    """
    speeds = [sum(answer["steps_per_s"] for answer in together) for together in answers]
    cores = [sum(answer["cores"] for answer in together) for together in answers]
    return {
        "median": round(median(speeds)),
        "min": round(min(speeds)),
        "max": round(max(speeds)),
        "substeps_median": round(substeps * median(speeds)),
        "per_core": round(median(map(truediv, speeds, cores))),
        "cores": round(median(cores), 2),
    }


def with_ratios(measured: Mapping[str, Any], peers: Descriptions) -> dict[str, Any]:
    """Add ours/peer to each work that stands beside one of ours, in steps and in substeps.

    Args:
        measured: Name, work, number of processes -> `sum_up`.
        peers: Substeps, and which work stands beside which.
    """
    result: dict[str, Any] = {}
    for name, works in measured.items():
        result[name] = {}
        for work, by_count in works.items():
            beside = peers[name]["works"][work].get("beside")
            ours = measured.get(OURS, {}).get(beside, {})
            result[name][work] = {
                count: figures | _ratios(figures, ours.get(count))
                for count, figures in by_count.items()
            }
    return result


def _ratios(theirs: Mapping[str, float], ours: Mapping[str, float] | None) -> dict[str, float]:
    if ours is None:
        return {}
    return {
        "ours_over_theirs": _digits(ours["median"] / theirs["median"]),
        "ours_over_theirs_substeps": _digits(ours["substeps_median"] / theirs["substeps_median"]),
    }


def _only(counts: Iterable[int]) -> str:
    """The number of drones, or several where drivers differ."""
    return ", ".join(str(count) for count in sorted(set(counts)))


def _cores(measured: Mapping[str, Any], count: str = "1") -> str:
    """How many processors the works had, from the least to the most."""
    works = [work for works in measured.values() for work in works.values() if count in work]
    cores = [work[count]["cores"] for work in works]
    return f"{min(cores):.2f} to {max(cores):.2f}" if cores else "nothing"


def _digits(ratio: float) -> float:
    """Three significant digits."""
    return float(f"{ratio:.3g}")


def tables(results: Mapping[str, Any], peers: Descriptions) -> list[str]:
    """The generated part of docs/peers.md.

    Args:
        results: What results/peers.json holds.
        peers: peers/peers.toml.
    """
    figures, machine = results["figures"], results["machine"]
    measured = figures["measured"]
    names = ", ".join(f"{peers[name]['title']} {figures['versions'][name]}" for name in measured)
    return [
        f"Measured on {results['date']} on {machine['cores']} cores of an {machine['cpu']},"
        f" Python {machine['python']}: {names}."
        f" {_only(figures['num_envs'].values())} drones; medians of {figures['rounds']} rounds,"
        f" least and most in brackets. The machine left {_cores(measured)} of a core to one"
        f" process, {_cores(measured, '2')} to two together.",
        *(f"Not measured: {sentence}" for sentence in figures["not_measured"].values()),
        "",
        *_speed_table(measured, peers),
        "",
        *_model_table(list(measured), peers),
    ]


def _speed_table(measured: Mapping[str, Any], peers: Descriptions) -> list[str]:
    lines = [
        "| simulator | what is timed | processes | steps/s | substeps/s | steps/s of a core"
        " | ours beside it | ours/theirs, steps | substeps |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, works in measured.items():
        for work, by_count in works.items():
            told = peers[name]["works"][work]
            for count, found in by_count.items():
                cells = [
                    peers[name]["title"],
                    told["what"],
                    count,
                    f"{short(found['median'])} ({short(found['min'])}–{short(found['max'])})",
                    short(found["substeps_median"]),
                    short(found["per_core"]),
                    told.get("beside", "").replace("_", " "),
                    _times(found.get("ours_over_theirs")),
                    _times(found.get("ours_over_theirs_substeps")),
                ]  # fmt: skip
                lines.append(_row(cells))
    return lines


def _model_table(names: Sequence[str], peers: Descriptions) -> list[str]:
    lines = [_row(["", *(peers[name]["title"] for name in names)]), "|---" * (len(names) + 1) + "|"]
    steps = [f"{peers[n]['substeps']} × {1000 * peers[n]['substep_s']:g} ms" for n in names]
    lines.append(_row(["control step", *steps]))
    for key in ("integrator", "numbers", "action", "models", "sees", "judges"):
        lines.append(_row([key, *(peers[name][key] for name in names)]))
    return lines


def short(speed: float) -> str:
    """Three digits: 12.5 M, 683 k, 7.90 k."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if speed >= 0.9995 * size:
            value = speed / size
            return f"{value:.{2 if value < 9.995 else 1 if value < 99.95 else 0}f} {unit}"
    return f"{speed:.0f}"


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:,g} ×"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
