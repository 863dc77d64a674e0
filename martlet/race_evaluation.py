# SPDX-License-Identifier: Apache-2.0
"""What `martlet eval --task race` does: a policy through courses it has never seen."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from martlet.errors import UsageError
from sim_core.environment import load_environment


@dataclass(frozen=True)
class RaceOrder:
    """What was asked for on the command line; see `martlet eval --help`."""

    policy: Path | None
    track: str
    level: int
    episodes: int
    seed: int
    baselines: tuple[str, ...]
    out: Path | None
    render: Path | None
    changes: tuple[str, ...]


def fly_race_order(order: RaceOrder) -> dict[str, Any]:
    """Fly, save, draw.

    Returns:
        The figures, with `pilot`, `worst` (file of the worst races) and `picture` (if one was
        drawn).

    Raises:
        UsageError: Nobody to fly, or baselines, who do not race.
    """
    if order.policy is None:
        raise UsageError("eval: expected a policy file to race with, got none.")
    if order.baselines:
        raise UsageError("eval: expected no --baseline in a race: none of them flies gates.")
    from evaluation.evaluation_picture import check_kind
    from evaluation.race_picture import render
    from evaluation.race_replay import save_races
    from evaluation.races import RaceTrial, fly_races
    from policy_export.runtime import PolicyRunner

    check_kind(order.render)
    environment = load_environment("race", order.changes)
    pilot = PolicyRunner(order.policy, airframe=environment.airframe)
    trial = RaceTrial(order.track, order.level)
    flown = fly_races(
        pilot, str(order.policy), trial, environment, order.episodes, order.seed, threads=2
    )
    folder = order.out or order.policy.parent
    worst = folder / f"{order.policy.stem}-race-worst.npz"
    save_races(flown.worst, worst, {"pilot": flown.pilot, "track": order.track})
    told = {"pilot": flown.pilot, **flown.figures, "worst": str(worst)}
    if order.render:
        render(flown, order.render)
        told["picture"] = str(order.render)
    return told
