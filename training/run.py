# SPDX-License-Identifier: Apache-2.0
"""A training run from its folder to its policy file."""

import dataclasses
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from policy_export.verify import VerifyReport, export_verified
from sim_core.environment import TrackEnvironment
from sim_core.vec_env import VecEnv
from training import native
from training.checkpoint import load_checkpoint, load_run, save_checkpoint
from training.display import Display, Standing
from training.errors import CheckpointError, DivergenceError, TrainingError
from training.judge import Judge
from training.manifest_of import manifest_of
from training.metrics import MetricsLog
from training.ppo import Learner, new_learner
from training.reproducer import TRAIN, save_reproducer
from training.settings import PPOSettings

VERDICTS = 10
"""How often the referee is asked in a run; one verdict takes about 0.3 s."""

CHECKPOINT_EVERY_S = 5.0

ENOUGH_STEPS = {"native": 10_000_000, "torch": 6_000_000}
"""Of a run that is not told how long to be: benchmarks/training_quality.py; torch is slower."""


@dataclass(frozen=True)
class Trained:
    """What a run made.

    Attributes:
        policy: The policy file.
        steps: Environment steps trained.
        seconds: Of training alone, without start-up and export.
        steps_per_s: Over these seconds, the referee's verdicts left out.
        verdict: The referee's figures on the final actor.
        parity: Largest differences between torch, onnxruntime and PolicyRunner.
    """

    policy: Path
    steps: int
    seconds: float
    steps_per_s: float
    verdict: dict[str, float]
    parity: VerifyReport


def train_run(
    folder: Path,
    environment: TrackEnvironment,
    settings: PPOSettings,
    *,
    resume: bool = False,
    quiet: bool = False,
    tensorboard: bool = True,
) -> Trained:
    """Train, export and verify a policy.

    Args:
        folder: Gets `settings.json`, `metrics.jsonl`, `checkpoint.pt` and `policy.onnx`; of a
            run that meets a number that is none, `fault.pt` and `fault.json`.
        environment: Where it trains.
        settings: How.
        resume: Go on from the folder's checkpoint, to the bits of a run that never stopped;
            with other drones, their number or environment changed, or with the other learner, to
            others.
        quiet: Show nothing.
        tensorboard: Log for TensorBoard too.

    Raises:
        TrainingError: It diverged, or there is no checkpoint to resume; what was good is kept.
        ParityError: The exported file does not do as the actor does.
    """
    chosen = choose_learner(settings)
    settings = replace(settings, steps=settings.steps or ENOUGH_STEPS[chosen])
    checkpoint = folder / "checkpoint.pt"
    if checkpoint.exists() and not resume:
        raise CheckpointError(
            f"{folder}: expected a new folder, got one with a checkpoint:"
            " resume it or name another."
        )
    if resume:
        learner = load_checkpoint(checkpoint, environment, settings)
    else:
        learner = new_learner(environment, settings)
    folder.mkdir(parents=True, exist_ok=True)
    write_settings(folder, environment, settings, chosen)
    judge = Judge(environment, manifest_of(environment, settings, learner.steps))
    threads = settings.threads or None
    env = VecEnv(settings.num_envs, environment, threads=threads, seed=settings.seed)
    metrics = MetricsLog(folder, since=learner.steps, tensorboard=tensorboard)
    with metrics as log, Display(quiet=quiet) as display:
        watch = Watch(judge, log, display, checkpoint, learner)
        watch.standing.learner = chosen
        try:
            TRAIN[chosen](learner, env, watch)
        except DivergenceError as error:
            path = save_reproducer(folder, learner, error, chosen)
            error.args = (f"{error} `martlet train --reproduce {path}` shows it again.",)
            raise
        watch.finish(learner)
    parity = export_run(learner, judge, folder / "policy.onnx", watch.standing)
    standing = watch.standing
    return Trained(
        policy=folder / "policy.onnx",
        steps=learner.steps,
        seconds=watch.training_s + watch.judging_s,
        steps_per_s=standing.steps_per_s,
        verdict=dataclasses.asdict(standing.verdicts[-1]),
        parity=parity,
    )


def choose_learner(settings: PPOSettings) -> Literal["native", "torch"]:
    """Which learner a run gets.

    Raises:
        TrainingError: The native one was asked for and does not serve.
    """
    if settings.learner == "torch":
        return "torch"
    reason = native.refusal(settings)
    if reason is None:
        return "native"
    if settings.learner == "native":
        raise TrainingError(f"learner: expected one that serves, got native: {reason}.")
    return "torch"


class Watch:
    """Called after each update: logs, asks the referee, keeps checkpoints."""

    def __init__(
        self, judge: Judge, log: MetricsLog, display: Display, checkpoint: Path, learner: Learner
    ) -> None:
        self._judge, self._log, self._display = judge, log, display
        self._checkpoint = checkpoint
        self._began_at = learner.steps
        self._judged_at = -1
        self._every = max(learner.settings.steps // VERDICTS, 1)
        self._next_verdict = (learner.steps // self._every + 1) * self._every
        self._saved = self._since = time.monotonic()
        self.training_s = self.judging_s = 0.0
        self.standing = Standing(total=learner.settings.steps)

    def __call__(self, learner: Learner, figures: dict[str, float]) -> None:
        """Take note of an update."""
        now = time.monotonic()
        self.training_s += now - self._since
        standing = self.standing
        standing.steps, standing.reward = learner.steps, figures["reward"]
        standing.seconds = self.training_s + self.judging_s
        standing.steps_per_s = (learner.steps - self._began_at) / self.training_s
        if learner.steps >= self._next_verdict:
            self._next_verdict = (learner.steps // self._every + 1) * self._every
            figures = figures | self._ask(learner)
        self._log.write(learner.steps, figures | {"steps_per_s": standing.steps_per_s})
        self._display.show(standing)
        if now - self._saved > CHECKPOINT_EVERY_S:
            save_checkpoint(learner, self._checkpoint)
            self._saved = now
        self._since = time.monotonic()

    def finish(self, learner: Learner) -> None:
        """The run is over: a last verdict and the last checkpoint."""
        save_checkpoint(learner, self._checkpoint)
        if self._judged_at != learner.steps:
            self._log.write(learner.steps, self._ask(learner))

    def _ask(self, learner: Learner) -> dict[str, float]:
        began = time.monotonic()
        self._judged_at = learner.steps
        verdict = self._judge(learner.actor)
        self.judging_s += time.monotonic() - began
        self.standing.verdicts.append(verdict)
        self._display.judged(self.standing)
        return {name: value for name, value in verdict.figures().items() if np.isfinite(value)}


def export_run(learner: Learner, judge: Judge, path: Path, standing: Standing) -> VerifyReport:
    """Write the policy file, and hold it against the actor on recorded flights."""
    evaluation = dataclasses.asdict(standing.verdicts[-1])
    finite = {name: value for name, value in evaluation.items() if np.isfinite(value)}
    manifest = manifest_of(learner.environment, learner.settings, learner.steps, finite)
    actor = learner.actor.cpu()
    flight, observations = judge.record(actor)
    return export_verified(actor, manifest, path, observations, flight)


def export_checkpoint(run: Path, path: Path) -> dict[str, float | str]:
    """Export the checkpoint of a finished or broken run.

    Args:
        run: Its folder.
        path: Policy file to write.

    Returns:
        `policy`, the referee's figures, and the largest differences from the actor.
    """
    learner = load_run(run / "checkpoint.pt")
    environment = learner.environment
    judge = Judge(environment, manifest_of(environment, learner.settings, learner.steps))
    standing = Standing(verdicts=[judge(learner.actor)])
    parity = export_run(learner, judge, path, standing)
    figures = dataclasses.asdict(standing.verdicts[-1])
    return {"policy": str(path), **figures, "largest_difference": parity.largest}


def write_settings(
    folder: Path, environment: TrackEnvironment, settings: PPOSettings, learner: str
) -> None:
    """All that the run was set to, for people and for a second run like it."""
    content = {
        "learner": learner,
        "ppo": dataclasses.asdict(settings),
        "environment": dataclasses.asdict(environment),
    }
    aside = folder / "settings.json.part"
    aside.write_text(json.dumps(content, indent=2) + "\n")
    aside.replace(folder / "settings.json")
