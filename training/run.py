# SPDX-License-Identifier: Apache-2.0
"""A training run from its folder to its policy file."""

import dataclasses
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from policy_export.verify import VerifyReport, export_verified
from sim_core.environment import Environment
from sim_core.vec_env import VecEnv
from training import native, parallel, ppo
from training.checkpoint import load_checkpoint, load_run, save_checkpoint, steps_of
from training.disagreement import Disagreement
from training.display import Display, Standing
from training.errors import CheckpointError, DivergenceError, TrainingSettingsError
from training.judge import Judge, judge_of
from training.manifest_of import manifest_of
from training.metrics import MetricsLog
from training.ppo import Learner, new_learner
from training.recipe import Recipe, Stage, stage_at
from training.reproducer import TRAIN, save_reproducer
from training.settings import PPOSettings
from training.verdicts import Verdict

VERDICTS = 10
"""How often the referee is asked in a run; one verdict takes about 0.3 s."""

VERDICT_EVERY_STEPS = 25_000_000
"""Oftener in a long run: of a race every 20 to 30 s on two cores, of `all` every 45 to 75 s."""

CHECKPOINT_EVERY_S = 5.0

Train = Callable[[Learner, VecEnv, Callable[[Learner, dict[str, float]], None]], None]
"""A learner's loop."""


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
    verdict: Verdict
    parity: VerifyReport


def train_run(
    folder: Path,
    recipe: Recipe,
    *,
    resume: bool = False,
    quiet: bool = False,
    tensorboard: bool = True,
) -> Trained:
    """Train, export and verify a policy.

    Args:
        folder: Gets `settings.json`, `metrics.jsonl`, `checkpoint.pt` and `policy.onnx`; of a
            run that meets a number that is none, `fault.pt` and `fault.json`.
        recipe: Where it trains, and how: stage after stage.
        resume: Go on from the folder's checkpoint, to the bits of a run that never stopped;
            with other drones, their number or environment changed, or with the other learner, to
            others.
        quiet: Show nothing.
        tensorboard: Log for TensorBoard too.

    Raises:
        TrainingSettingsError: It cannot be set so.
        TrainingError: It diverged, or there is no checkpoint to resume; what was good is kept.
        ParityError: The exported file does not do as the actor does.
    """
    chosen = choose_learner(recipe[-1].settings)
    checkpoint = folder / "checkpoint.pt"
    resume = resume or (checkpoint.exists() and begun_by(folder) == parallel.agent() is not None)
    if checkpoint.exists() and not resume:
        raise CheckpointError(
            f"{folder}: expected a new folder, got one with a checkpoint:"
            " resume it or name another."
        )
    if resume:
        now = stage_at(recipe, steps_of(checkpoint))
        learner = load_checkpoint(checkpoint, now.environment, now.settings)
    else:
        learner = new_learner(recipe[0].environment, recipe[0].settings)
    folder.mkdir(parents=True, exist_ok=True)
    last = recipe[-1]
    judge = judge_of(last.environment, manifest_of(last.environment, last.settings, learner.steps))
    write_settings(folder, recipe, chosen)
    learner.party = parallel.join(learner.device)
    learner.party.share(learner.state())
    metrics = MetricsLog(folder, since=learner.steps, tensorboard=tensorboard)
    with metrics as log, Display(quiet=quiet) as display:
        watch = Watch(judge, log, display, checkpoint, learner.steps, last.settings.steps)
        watch.standing.learner = chosen
        try:
            for stage in recipe:
                train_stage(learner, stage, TRAIN[chosen], watch)
        except DivergenceError as error:
            path = save_reproducer(folder, learner, error, chosen)
            error.args = (f"{error} `martlet train --reproduce {path}` shows it again.",)
            raise
        watch.finish(learner)
    learner.party.leave()
    parity = export_run(learner, judge, folder / "policy.onnx", watch.standing)
    standing = watch.standing
    return Trained(
        policy=folder / "policy.onnx",
        steps=learner.steps,
        seconds=watch.training_s + watch.judging_s,
        steps_per_s=standing.steps_per_s,
        verdict=standing.verdicts[-1],
        parity=parity,
    )


def follow_run(recipe: Recipe) -> None:
    """Take part in the run of the process that leads; see training/parallel.py.

    Raises:
        DivergenceError: It met a number that is none.
    """
    learner = new_learner(recipe[0].environment, recipe[0].settings)
    learner.party = parallel.join(learner.device)
    learner.restore(learner.party.share({}))
    # The noise is its own.
    seed = learner.settings.seed + learner.control_step
    learner.generator.manual_seed(learner.party.seed_of(seed))
    for stage in recipe:
        train_stage(learner, stage, ppo.train, lambda *_: None)
    learner.party.leave()


def choose_learner(settings: PPOSettings) -> Literal["native", "torch"]:
    """Which learner a run gets.

    Raises:
        TrainingSettingsError: The native one was asked for and does not serve.
    """
    if settings.learner == "torch":
        return "torch"
    reason = native.refusal(settings)
    if reason is None:
        return "native"
    if settings.learner == "native":
        raise TrainingSettingsError(f"learner: expected one that serves, got native: {reason}.")
    return "torch"


def train_stage(
    learner: Learner,
    stage: Stage,
    train: Train,
    watch: Callable[[Learner, dict[str, float]], None],
) -> None:
    """Train to the stage's end, from wherever the run stands in it."""
    settings = stage.settings
    if learner.steps >= settings.steps:
        return
    if learner.settings != settings or learner.environment != stage.environment:
        learner.settings, learner.environment = settings, stage.environment
        learner.began, learner.world = stage.began, None
    seed, threads = learner.party.seed_of(settings.seed), settings.threads or None
    env = VecEnv(settings.num_envs, stage.environment, threads=threads, seed=seed)
    train(learner, env, watch)


class Watch:
    """Called after each update: logs, asks the referee, keeps checkpoints."""

    def __init__(
        self,
        judge: Judge,
        log: MetricsLog,
        display: Display,
        checkpoint: Path,
        steps: int,
        total: int,
    ) -> None:
        self._judge, self._log, self._display = judge, log, display
        self._checkpoint = checkpoint
        self._began_at = steps
        self._judged_at = -1
        self._every = max(min(total // VERDICTS, VERDICT_EVERY_STEPS), 1)
        self._next_verdict = (steps // self._every + 1) * self._every
        self._saved = self._since = time.monotonic()
        self.training_s = self.judging_s = 0.0
        self._disagreement = Disagreement(display.warn)
        self._rewards: list[float] = []
        self._environment: Environment | None = None
        self.standing = Standing(total=total)

    def __call__(self, learner: Learner, figures: dict[str, float]) -> None:
        """Take note of an update."""
        now = time.monotonic()
        self.training_s += now - self._since
        standing = self.standing
        standing.steps, standing.reward = learner.steps, figures["reward"]
        if learner.environment is not self._environment:  # its rewards are not the last stage's
            self._environment = learner.environment
            self._disagreement = Disagreement(self._display.warn)
            self._rewards.clear()
        self._rewards.append(figures["reward"])
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
        figures = {f"referee/{name}": value for name, value in finite(verdict).items()}
        figures |= {"referee/score": verdict.score}
        if self._rewards:
            reward = float(np.mean(self._rewards))
            apart = self._disagreement.note(reward, verdict.score, verdict.best_score)
            figures["warning/reward_without_score"] = float(apart)
            self._rewards.clear()
        return figures


def export_run(learner: Learner, judge: Judge, path: Path, standing: Standing) -> VerifyReport:
    """Write the policy file, and hold it against the actor on recorded flights."""
    evaluation = finite(standing.verdicts[-1])
    manifest = manifest_of(learner.environment, learner.settings, learner.steps, evaluation)
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
    judge = judge_of(environment, manifest_of(environment, learner.settings, learner.steps))
    standing = Standing(verdicts=[judge(learner.actor)])
    parity = export_run(learner, judge, path, standing)
    figures = standing.verdicts[-1].figures()
    return {"policy": str(path), **figures, "largest_difference": parity.largest}


def finite(verdict: Verdict) -> dict[str, float]:
    """A verdict's figures that are numbers."""
    return {name: float(v) for name, v in verdict.figures().items() if np.isfinite(v)}


def begun_by(folder: Path) -> int | None:
    """The torchrun that a folder's run was last started by."""
    try:
        content = json.loads((folder / "settings.json").read_text())
    except (OSError, ValueError):
        return None
    number = content.get("torchrun")
    return number if isinstance(number, int) else None


def write_settings(folder: Path, recipe: Recipe, learner: str) -> None:
    """All that the run was set to, stage by stage, for people and for a second run like it."""
    stages = [
        {
            "ppo": dataclasses.asdict(stage.settings),
            "environment": dataclasses.asdict(stage.environment),
        }
        for stage in recipe
    ]
    content = {"learner": learner, "stages": stages, "torchrun": parallel.agent()}
    aside = folder / "settings.json.part"
    aside.write_text(json.dumps(content, indent=2) + "\n")
    aside.replace(folder / "settings.json")
