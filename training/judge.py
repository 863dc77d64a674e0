# SPDX-License-Identifier: Apache-2.0
"""The referee's word on an actor in training, flown as its exported file would be."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from evaluation.evaluate import Trial, fly_chunk, trial_of
from policy_export.manifest import Manifest
from policy_export.runtime import Float32, PolicyRunner, task_logic
from policy_export.verify import RecordedFlight
from sim_core import _core
from sim_core.environment import Environment
from sim_core.tasks import CONTROL_DT
from training.networks import Actor

TRACK = """
kind = "lemniscate"
period_s = 5.5
laps = 1.0
"""
"""What tracking is judged by while training goes on: one lap of the lemniscate."""


@dataclass(frozen=True)
class Verdict:
    """What the referee saw.

    Attributes:
        hover_error_m: Median over drones of the mean error of the last 2 s.
        track_rmse_m: Median over drones.
        crash_rate: Share of all these flights that crashed.
        episodes: How many there were.
    """

    hover_error_m: float
    track_rmse_m: float
    crash_rate: float
    episodes: int

    def figures(self) -> dict[str, float]:
        """For the logs."""
        return {f"referee/{name}": float(value) for name, value in vars(self).items()}


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


class Judge:
    """Flies an actor on drones that training never sees."""

    def __init__(
        self,
        environment: Environment,
        manifest: Manifest,
        *,
        drones: int = 64,
        seed: int = 9001,
    ) -> None:
        """Prepare the trials.

        Args:
            environment: What drones are drawn from.
            manifest: Of the policy to be.
            drones: That fly each trial.
            seed: Of drones, starts and noise: the same in every verdict, so that two compare.
        """
        self._environment, self._manifest = environment, manifest
        self._drones, self._seed = drones, seed
        self._hover, self._track = trial_of("hover"), trial_of(TRACK)

    def __call__(self, actor: Actor) -> Verdict:
        """Fly and score."""
        hover, track = (self._score(actor, trial) for trial in (self._hover, self._track))
        crashed = np.concatenate([hover.crashed, track.crashed])
        return Verdict(
            hover_error_m=_middle(hover.settled_error_m),
            track_rmse_m=_middle(track.rmse_m),
            crash_rate=float(crashed.mean()),
            episodes=len(crashed),
        )

    def _score(self, actor: Actor, trial: Trial) -> Any:
        policy = LivePolicy(actor, self._manifest)
        return fly_chunk(policy, trial, self._environment, self._drones, self._seed)

    def record(self, actor: Actor, drones: int = 8) -> tuple[RecordedFlight, Float32]:
        """A few drones along the tracking trial, for the parity check of an export.

        Returns:
            The flight, and what the actor saw in it, float32, shape (T * drones, OBS).
        """
        reference = self._track.task.reference
        sim = _core.VecSim(drones, self._environment.core_settings(), [reference.samples])
        sim.start(self._seed)
        tasks = [self._track.task] * drones
        policy, logic = LivePolicy(actor, self._manifest), task_logic(self._manifest, tasks)
        steps = round(reference.duration_s / CONTROL_DT)
        states = np.empty((steps, drones, 13), np.float32)
        seen = np.empty((steps, drones, self._manifest.observation_size), np.float32)
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
