# SPDX-License-Identifier: Apache-2.0
"""What an environment cannot be, beyond the types and bounds of its single numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_core.action_kinds import tasks_of
from sim_core.formation_settings import settings_faults
from sim_core.settings_file import is_finite_number

if TYPE_CHECKING:
    from sim_core.environment import Environment, References

MOST_STEPS = 100_000
"""Of an episode: a quarter of an hour."""

MOST_REFERENCES = 10_000


def faults_of(environment: Environment) -> list[str]:
    """All of them, as parts of one sentence; what a single number may be is checked before."""
    action = environment.action
    faults = []
    if not 0.0 <= action.thrust_low < action.thrust_high <= 1.0:
        faults.append(
            "action: expected 0 <= thrust_low < thrust_high <= 1, got"
            f" {action.thrust_low:g} and {action.thrust_high:g}"
        )
    about = tasks_of(action.kind).get(environment.task)
    if about is None:
        known = ", ".join(tasks_of(action.kind))
        return [*faults, f"action.kind: expected motors of task {known} alone, got of"
                f" {environment.task}"]  # fmt: skip
    faults += _delay_faults(environment, about["longest_delay_s"])
    if min(action.body_rate_rad_s) <= 0:
        faults.append(
            f"action.body_rate_rad_s: expected more than 0, got {min(action.body_rate_rad_s):g}"
        )
    faults += [
        f"estimate.{name}: expected 0 or more, got {value:g}"
        for name, value in vars(environment.estimate).items()
        if isinstance(value, float) and value < 0
    ]
    if not 1 <= environment.max_steps <= MOST_STEPS:
        faults.append(f"episode.max_steps: expected 1 to {MOST_STEPS}, got {environment.max_steps}")
    everything = environment.task == "all"
    wanted = {
        "references": about["follows_paths"], "course": about["flies_courses"],
        "more_courses": everything, "formations": everything,
    }  # fmt: skip
    for section, needed in wanted.items():
        if needed != (getattr(environment, section) is not None):
            word = "a" if needed else "no"
            faults.append(f"expected {word} section [{section}] for task {environment.task!r}")
    if environment.references is not None:
        faults += _path_faults(environment.references)
    for section in ("course", "more_courses", "formations"):
        chosen = getattr(environment, section)
        if chosen is not None and chosen.count < 1:
            faults.append(f"{section}.count: expected at least 1, got {chosen.count}")
    if everything and not any(v for k, v in environment.numbers.items() if k.startswith("mix.")):
        faults.append("mix: expected shares that are not all 0, got nothing but 0")
    if environment.formations is not None:
        shares = environment.formations.shares()
        if min(shares.values()) < 0.0 or sum(shares.values()) <= 0.0:
            faults.append(f"formations: expected shares of 0 or more, not all 0, got {shares}")
        drawn_from = environment.formations.settings()
        faults += [f"formations.{fault}" for fault in settings_faults(drawn_from)]
    return faults


def _delay_faults(environment: Environment, longest_s: float) -> list[str]:
    """A command that would be on its way for longer than the core remembers."""
    delay = environment.randomization.get("link_delay_s", {}).get("range")
    if not isinstance(delay, list) or not is_finite_number(delay[-1]) or delay[-1] <= longest_s:
        return []
    return [f"randomization.link_delay_s: expected at most {longest_s:g}, got {delay[-1]:g}"]


def _path_faults(paths: References) -> list[str]:
    faults = []
    if paths.yaw_rad < 0:
        faults.append(f"references.yaw_rad: expected 0 or more, got {paths.yaw_rad:g}")
    if not 1 <= paths.count <= MOST_REFERENCES:
        faults.append(f"references.count: expected 1 to {MOST_REFERENCES}, got {paths.count}")
    positive = {
        "references.max_acceleration_m_s2": paths.max_acceleration_m_s2,
        "references.period_s": min(paths.period_s),
    }
    faults += [f"{name}: expected more than 0, got {v:g}" for name, v in positive.items() if v <= 0]
    if paths.period_s[0] > paths.period_s[1]:
        faults.append(f"references.period_s: expected low to high, got {list(paths.period_s)}")
    shares = (paths.hover, paths.lemniscate, paths.lissajous)
    if min(shares) < 0.0 or abs(sum(shares) - 1.0) > 1e-6:
        faults.append(f"references: expected shares that sum to 1, got {shares}")
    return faults
