# SPDX-License-Identifier: Apache-2.0
"""The referee's word on an actor in training, flown as its exported file would be."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import torch

from evaluation.evaluate import Trial, fly_chunk, trial_of
from evaluation.race_figures import race_figures
from evaluation.races import RaceTrial, fly_together
from evaluation.swarm_worlds import core_swarm
from evaluation.swarms import SwarmTrial, fly_swarms
from policy_export.manifest import Manifest
from policy_export.runtime import Float32, PolicyRunner
from policy_export.task_logic import AnyTask, parts_of, task_logic
from policy_export.verify import RecordedFlight
from sim_core import _core
from sim_core.course_library import flown_courses
from sim_core.environment import Environment, race_part, track_part
from sim_core.errors import SettingsError
from sim_core.vec_env import VecEnv
from training.networks import Actor
from training.verdicts import (
    AllVerdict,
    RaceVerdict,
    SwarmVerdict,
    TaskVerdict,
    TrackVerdict,
    Verdict,
)

TRACK = """
kind = "lemniscate"
period_s = 5.5
laps = 1.0
"""
"""What tracking is judged by while training goes on: one lap of the lemniscate."""

SEED = 9001
"""Of drones, starts, courses and noise: the same in every verdict, so that two compare."""


class LivePolicy(PolicyRunner):
    """An actor with a manifest, in place of a file of both."""

    def __init__(self, actor: Actor, manifest: Manifest) -> None:
        """Take them as they are; nothing is read."""
        self.manifest = manifest
        self._actor = actor

    @torch.no_grad()
    def infer(self, observations: Float32) -> Float32:
        """The network alone."""
        device = self._actor.command_center.device
        command: Float32 = self._actor(torch.from_numpy(observations).to(device)).cpu().numpy()
        return command


class Judge(Protocol):
    """Flies an actor on drones that training never sees."""

    def __call__(self, actor: Actor) -> Verdict:
        """Fly and score."""

    def record(self, actor: Actor) -> tuple[RecordedFlight | None, Float32]:
        """Fly a few drones, for the parity check of an export.

        Returns:
            The flight, where PolicyRunner can fly it too, and what the actor saw in it, float32,
            shape (K, OBS).
        """


def judge_of(environment: Environment, manifest: Manifest, drones: int | None = None) -> Judge:
    """Who judges a task; `drones` fly each trial."""
    if environment.task == "track":
        return TrackJudge(environment, manifest, drones or 64)
    if environment.task == "race":
        return RaceJudge(environment, manifest, drones or 256)
    if environment.task == "all":
        return AllJudge(environment, manifest, drones or 64)
    return TaskJudge(environment, drones or 256)


class TrackJudge:
    """Hover, and a lap of the lemniscate."""

    def __init__(self, environment: Environment, manifest: Manifest, drones: int = 64) -> None:
        """Prepare the trials."""
        self._environment, self._manifest, self._drones = environment, manifest, drones
        self._hover, self._track = trial_of("hover"), trial_of(TRACK)

    def __call__(self, actor: Actor) -> TrackVerdict:
        """Fly and score."""
        hover, track = (self._score(actor, trial) for trial in (self._hover, self._track))
        crashed = np.concatenate([hover.crashed, track.crashed])
        return TrackVerdict(
            hover_error_m=_middle(hover.settled_error_m),
            track_rmse_m=_middle(track.rmse_m),
            crash_rate=float(crashed.mean()),
            episodes=len(crashed),
        )

    def _score(self, actor: Actor, trial: Trial) -> Any:
        policy = LivePolicy(actor, self._manifest)
        return fly_chunk(policy, trial, self._environment, self._drones, SEED)

    def record(self, actor: Actor) -> tuple[RecordedFlight, Float32]:
        """See `Judge`: along the tracking trial."""
        reference = self._track.task.reference
        tasks = [self._track.task] * 8
        sim = _core.VecSim(len(tasks), self._environment.core_settings(), [reference.samples])
        steps = round(reference.duration_s / self._environment.about["control_step_s"])
        return _recorded(sim, LivePolicy(actor, self._manifest), tasks, steps)


class RaceJudge:
    """Courses of the environment's track and level, from seeds that training never draws."""

    def __init__(self, environment: Environment, manifest: Manifest, drones: int = 256) -> None:
        """Draw the courses."""
        choice = environment.course
        if choice is None:
            raise SettingsError("environment: expected a section [course] to race on.")
        self._environment, self._manifest = environment, manifest
        self._tasks = RaceTrial(choice.track, choice.level).tasks(drones, SEED)

    def __call__(self, actor: Actor) -> RaceVerdict:
        """Fly and score."""
        policy = LivePolicy(actor, self._manifest)
        score = fly_together(policy, self._tasks, self._environment, SEED, threads=2).score
        figures = race_figures(score, self._tasks[0].gates)
        return RaceVerdict(
            success_rate=figures["success_rate"],
            gates_passed=figures["gates_passed"],
            gates_passed_share=figures["gates_passed_share"],
            lap_time_s=figures["lap_time_s"]["median"] or float("inf"),
            crash_rate=figures["crash_rate"],
            episodes=len(self._tasks),
        )

    def record(self, actor: Actor) -> tuple[RecordedFlight, Float32]:
        """See `Judge`: the first seconds of a few races."""
        tasks = self._tasks[:8]
        sim = _core.VecSim(
            len(tasks), self._environment.core_settings(),
            courses=flown_courses([task.course for task in tasks]),
        )  # fmt: skip
        return _recorded(sim, LivePolicy(actor, self._manifest), tasks, 300)


class SwarmJudge:
    """Formations of all scenarios, from seeds that training never draws."""

    def __init__(self, environment: Environment, manifest: Manifest, worlds: int = 16) -> None:
        """Draw the formations."""
        self._environment, self._manifest = environment, manifest
        self._trial = SwarmTrial(drones=int(environment.numbers["world.drones"]))
        self._worlds = worlds

    def __call__(self, actor: Actor) -> SwarmVerdict:
        """Fly and score."""
        policy = LivePolicy(actor, self._manifest)
        flown = fly_swarms(
            policy, "", self._trial, self._environment, self._worlds, SEED, threads=2
        )
        figures = flown.figures
        return SwarmVerdict(
            collision_free_rate=figures["collision_free_rate"],
            collisions_per_drone_minute=figures["collisions_per_drone_minute"] or 0.0,
            slot_error_m=figures["slot_error_m"]["mean"] or float("inf"),
            min_separation_m=figures["min_separation_median_m"] or 0.0,
            crash_rate=figures["crash_rate"],
            episodes=self._worlds,
        )

    def record(self, actor: Actor) -> tuple[RecordedFlight, Float32]:
        """See `Judge`: the first seconds of two worlds."""
        tasks = self._trial.tasks(2, SEED)
        sim = core_swarm(tasks, self._environment, SEED)
        return _recorded(sim, LivePolicy(actor, self._manifest), tasks, 300)


class AllJudge:
    """One judge after the other, of what `[mix]` trains: hover and track, races, formations."""

    def __init__(self, environment: Environment, manifest: Manifest, drones: int = 64) -> None:
        """Prepare the trials."""
        n = environment.numbers
        racing, ringing = (
            race_part(environment, courses)
            for courses in (environment.course, environment.more_courses)
        )
        self._judges: dict[str, Judge] = {}
        if n["mix.path"]:
            self._judges["track"] = TrackJudge(track_part(environment), manifest, drones)
        if n["mix.race"] or n["mix.both"]:
            self._judges["race"] = RaceJudge(racing, manifest, 2 * drones)
        if n["mix.more_races"]:
            self._judges["rings"] = RaceJudge(ringing, manifest, drones)
        if n["mix.formation"] or n["mix.both"]:
            self._judges["swarm"] = SwarmJudge(environment, manifest, drones // 4)

    def __call__(self, actor: Actor) -> AllVerdict:
        """Fly and score."""
        verdicts: dict[str, Any] = {name: judge(actor) for name, judge in self._judges.items()}
        return AllVerdict(**verdicts)

    def record(self, actor: Actor) -> tuple[RecordedFlight | None, Float32]:
        """See `Judge`: the first kind's flight, and what was seen in the others too."""
        flown = [judge.record(actor) for judge in self._judges.values()]
        return flown[0][0], np.concatenate([seen for _, seen in flown])


class TaskJudge:
    """A task that has no referee of its own: how its episodes end, in drones of another seed."""

    def __init__(self, environment: Environment, drones: int = 256, seed: int = SEED) -> None:
        """Draw the drones."""
        self._env = VecEnv(drones, environment, threads=2, seed=seed)

    @torch.no_grad()
    def __call__(self, actor: Callable[[torch.Tensor], torch.Tensor]) -> TaskVerdict:
        """Fly each drone's first episode."""
        seen, _ = self._env.reset()
        going = np.ones(self._env.num_envs, bool)
        total, failed = np.zeros(self._env.num_envs), np.zeros(self._env.num_envs, bool)
        for _ in range(self._env.settings.max_steps):
            command = actor(torch.from_numpy(seen)).numpy()
            seen, reward, terminated, truncated, _ = self._env.step(command)
            total += np.where(going, reward, 0.0)
            failed |= going & terminated
            going &= ~(terminated | truncated)
            if not going.any():
                break
        return TaskVerdict(float(total.mean()), float(failed.mean()), len(total))

    @torch.no_grad()
    def record(self, actor: Actor) -> tuple[None, Float32]:
        """See `Judge`: observations alone."""
        seen, _ = self._env.reset()
        rows = []
        for _ in range(100):
            rows.append(seen[:8].copy())
            seen, *_ = self._env.step(actor(torch.from_numpy(seen)).numpy())
        return None, np.concatenate(rows)


def _recorded(
    sim: _core.VecSim, policy: LivePolicy, tasks: Sequence[AnyTask], steps: int
) -> tuple[RecordedFlight, Float32]:
    """Fly `steps` control steps of the simulator's own drones."""
    sim.start(SEED)
    logic = task_logic(policy.manifest, tasks)
    drones = len(parts_of(tasks))
    states = np.empty((steps, drones, 13), np.float32)
    seen = np.empty((steps, drones, policy.manifest.observation_size), np.float32)
    command = np.empty((drones, 4), np.float32)
    for tick in range(steps):
        states[tick] = sim.estimate
        logic.observe(states[tick], tick, seen[tick])
        logic.decode(policy.infer(seen[tick]), command)
        sim.fly(command)
    return RecordedFlight(states, tasks), seen.reshape(-1, seen.shape[-1])


def _middle(errors: Any) -> float:
    """Median by rank: infinite once half of the drones crashed."""
    return float(np.percentile(errors, 50, method="lower"))
