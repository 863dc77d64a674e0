# SPDX-License-Identifier: Apache-2.0
"""Our policies in a simulator that nobody here wrote, beside ours, under the same referee.

Run it with `python benchmarks/transfer.py POLICY [--race POLICY]`. crazyflow flies its own rigid
body and rotors, in an environment of its own (see peers.py); between policy and rotors runs the
firmware's rate loop (firmware_rates.py). Both simulators begin at the same states, with the same
noise and link delay, one nominal drone each. Beside them stand the drones that training draws, and
our physics with the figures of crazyflow's drone.
"""

import argparse
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from foreign_drones import LINK_DELAY_S, ForeignDrones
from foreign_simulator import SIMULATOR, Simulator
from marked import replace_between
from peers import DRIVERS, PeerError, install
from recording import record
from transfer_table import table

from evaluation.evaluate import CHUNK, Trial, drawn_drones, fly_drones, fly_episodes, fly_these
from evaluation.race_figures import race_figures
from evaluation.races import RaceTrial, drawn_racers, fly_races, race_these
from evaluation.recording import Recording
from policy_export.runtime import PolicyRunner
from sim_core.environment import Environment, load_environment

PAGE = Path(__file__).parent.parent / "docs" / "evaluation.md"
BEGIN, END = "<!-- transfer -->", "<!-- end of transfer -->"

TASKS = ("hover", "lemniscate", "lemniscate_fast")
"""Five seconds from a tumble, the figure eight of T = 5.5 s and 3.5 s."""

RACES = (("lsy", 0), ("lsy", 2))
KINDS = {"cf21_plus": "cf2x_P250", "cf21_legacy": "cf2x_L250", "cf21_thrust_upgrade": "cf2x_T350",
         "cf21_brushless": "cf21B_500"}  # fmt: skip
"""crazyflow's name for each airframe."""


def main() -> None:
    """Fly, record, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("policy", type=Path, help="a policy that tracks")
    parser.add_argument("--race", type=Path, help="a policy that races; none: no races")
    parser.add_argument("--episodes", type=int, default=1000, help=f"at most {CHUNK}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dry", action="store_true", help="record nothing")
    arguments = parser.parse_args()
    if not 1 <= arguments.episodes <= CHUNK:
        parser.error(f"--episodes: expected 1 to {CHUNK}, got {arguments.episodes}")
    peer = tomllib.loads((DRIVERS / "peers.toml").read_text())[SIMULATOR]
    flown: dict[str, Any] = {
        "simulator": f"{SIMULATOR} {install(SIMULATOR, peer)}",
        "episodes": arguments.episodes,
        "seed": arguments.seed,
        "link_delay_ms": LINK_DELAY_S * 1000.0,
        "drones": {},
        "trials": {},
    }
    jobs = [(arguments.policy, "track", track_trials)]
    jobs += [(arguments.race, "race", race_trials)] if arguments.race else []
    for policy, environment, trials in jobs:
        fly(policy, load_environment(environment), trials, arguments, peer, flown)
    lines = table(flown)
    if arguments.dry:
        print("\n".join(lines))  # noqa: T201
        return
    record("transfer", flown)
    print("\n".join(lines))  # noqa: T201
    PAGE.write_text(replace_between(PAGE.read_text(), BEGIN, END, lines))


def fly(
    policy: Path,
    environment: Environment,
    trials: Callable[..., dict[str, Any]],
    arguments: argparse.Namespace,
    peer: dict[str, Any],
    flown: dict[str, Any],
) -> None:
    """All trials of a policy; adds to `flown`."""
    runner = PolicyRunner(policy, airframe=environment.airframe)
    airframe = environment.load_airframe()
    simulator = Simulator(KINDS[environment.airframe], airframe, arguments.episodes, peer)
    try:
        flown["trials"] |= trials(
            runner, environment, simulator, arguments.episodes, arguments.seed
        )
    finally:
        simulator.end()
    flown["drones"][KINDS[environment.airframe]] = simulator.facts | {
        "ours": environment.airframe,
        "thrust_to_weight": ratio(simulator.facts["motor_max_n"], simulator.facts["mass_kg"]),
        "our_thrust_to_weight": ratio(airframe.rotors.thrust_max_n, airframe.body.mass_kg),
        "our_lag_s": [airframe.rotors.lag_up_s, airframe.rotors.lag_down_s],
        "our_dead_time_s": airframe.rotors.dead_time_s,
        "policy_steps": runner.manifest.training.steps,
        "policy_seed": runner.manifest.training.seed,
    }


def ratio(motor_max_n: float, mass_kg: float) -> float:
    """Thrust to weight."""
    return round(4.0 * motor_max_n / (mass_kg * 9.80665), 3)


def nominal(environment: Environment, **parameters: float) -> Environment:
    """The environment with one drone, changed in `parameters`; only an estimate's bias is drawn."""
    fixed = {"link_delay_s": LINK_DELAY_S, **parameters}
    ranges = {name: {"range": [value, value]} for name, value in fixed.items()}
    return replace(environment, randomization=ranges)


def with_figures_of(simulator: Simulator, environment: Environment) -> Environment:
    """Our physics with the other drone's figures that policies feel most, without what it lacks."""
    taken = ("mass_kg", "rotor_lag_up_s", "rotor_lag_down_s", "rotor_inertia_kg_m2")
    facts = {name: simulator.facts[name] for name in taken}
    across_n_s_m = simulator.facts["drag_n_s_m"][0]  # along the axis it is 0.9 to 1.25 of this
    without = {"rotor_dead_time_s": 0.0, "ground_effect": 0.0}
    return nominal(environment, **without, drag_n_s_m=across_n_s_m, **facts)


def track_trials(
    runner: PolicyRunner, drawn: Environment, simulator: Simulator, episodes: int, seed: int
) -> dict[str, Any]:
    """Hover and paths, in four ways each."""
    one = nominal(drawn)

    def ours(environment: Environment) -> Callable[[Trial, int, int], Recording]:
        return lambda trial, count, s: fly_drones(runner, trial, environment, count, s)

    def theirs(trial: Trial, count: int, chunk_seed: int) -> Recording:
        begun = drawn_drones(trial, one, count, chunk_seed)
        drones = ForeignDrones(simulator, begun, one.estimate, chunk_seed)
        return fly_these(runner, trial, drones, chunk_seed)

    ways = {
        "drawn": ours(drawn),
        "nominal": ours(one),
        "like_foreign": ours(with_figures_of(simulator, drawn)),
        "foreign": theirs,
    }
    return {
        task: {
            way: fly_episodes(runner.path.name, flyer, task, episodes, seed).figures
            for way, flyer in ways.items()
        }
        for task in TASKS
    }


def race_trials(
    runner: PolicyRunner, drawn: Environment, simulator: Simulator, episodes: int, seed: int
) -> dict[str, Any]:
    """Races on courses of the same seeds, in four ways each."""
    one = nominal(drawn)
    found: dict[str, Any] = {}
    for track, level in RACES:
        trial = RaceTrial(track, level)
        tasks = trial.tasks(episodes, seed)
        begun = drawn_racers(tasks, one, seed)
        drones = ForeignDrones(simulator, begun, one.estimate, seed)
        score = race_these(runner, tasks, drones, seed).score
        ours = {"drawn": drawn, "nominal": one, "like_foreign": with_figures_of(simulator, drawn)}
        found[f"{track} level {level}"] = {
            way: fly_races(runner, runner.path.name, trial, environment, episodes, seed).figures
            for way, environment in ours.items()
        } | {"foreign": race_figures(score, tasks[0].gates)}
    return found


if __name__ == "__main__":
    try:
        main()
    except PeerError as error:
        raise SystemExit(str(error)) from None
