# SPDX-License-Identifier: Apache-2.0
"""What a training run is set to."""

import dataclasses
import re
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from training.errors import TrainingSettingsError


@dataclass(frozen=True)
class PPOSettings:
    """Proximal policy optimisation. Defaults: the best of benchmarks/training_speed.py.

    Attributes:
        steps: Environment steps of the whole run; 0 for what a policy worth flying takes.
        num_envs: Drones that fly at once.
        horizon: Control steps between two updates.
        epochs: Passes over each rollout.
        minibatch: Samples an update step; small ones learn better than they compute.
        learning_rate: At the start; falls linearly.
        final_learning_rate: At the end.
        discount: Of later rewards, per control step.
        discounts: The same of each kind of work, in the order of [mix], where they differ.
        trace: Lambda of the generalised advantage estimate.
        clip: Of the probability ratio.
        entropy: Weight of the entropy bonus.
        max_gradient_norm: Per network.
        initial_log_std: Of the exploration noise, in half ranges of the command.
        min_log_std: It never falls below this.
        hidden: Width of the two hidden layers of both networks.
        seed: Of networks, drones, paths and noise.
        threads: Of the core; 0 for all of the machine's. Each network learns in one more.
        device: Where the networks live.
        learner: native (C++, small networks on the CPU) or torch; auto: native where it serves.
    """

    steps: int = 0
    num_envs: int = 1024
    horizon: int = 32
    epochs: int = 2
    minibatch: int = 2048
    learning_rate: float = 3e-3
    final_learning_rate: float = 1e-4
    discount: float = 0.98
    discounts: tuple[float, ...] = ()
    trace: float = 0.95
    clip: float = 0.2
    entropy: float = 0.0
    max_gradient_norm: float = 1.0
    initial_log_std: float = -0.5
    min_log_std: float = -3.0
    hidden: int = 64
    seed: int = 0
    threads: int = 0
    device: Literal["auto", "cpu", "cuda"] = "auto"
    learner: Literal["auto", "native", "torch"] = "auto"


ANY = sys.float_info.max
"""What diverges is told by the run that does, with its reproducer."""

_BOUNDS: dict[str, tuple[float, float]] = {
    "steps": (0, 2**53),  # the manifest's
    "num_envs": (1, 2**20),
    "horizon": (1, 2**16),
    "epochs": (1, 1000),
    "minibatch": (1, 2**31 - 1),
    "learning_rate": (0.0, ANY),
    "final_learning_rate": (0.0, ANY),
    "discount": (0.0, 1.0),
    "trace": (0.0, 1.0),
    "clip": (1e-6, 10.0),
    "entropy": (0.0, ANY),
    "max_gradient_norm": (1e-9, 1e9),
    "initial_log_std": (-20.0, 5.0),
    "min_log_std": (-20.0, 5.0),
    "hidden": (1, 4096),
    "seed": (0, 2**32 - 1),  # of drones too: sim_core.vec_env
    "threads": (0, 256),
}
"""What a run can be set to. Source, where none is named: guess, wide of whatever learns."""


def check(settings: PPOSettings, where: str) -> None:
    """Refuse what no run can be set to.

    Args:
        settings: Of a run.
        where: What to call them in a refusal.

    Raises:
        TrainingSettingsError: Numbers out of bounds, all of them in one sentence.
    """
    faults = [
        f"{name}: expected {low} to {high}, got {getattr(settings, name)}"
        for name, (low, high) in _BOUNDS.items()
        if not low <= getattr(settings, name) <= high
    ]
    if not all(0.0 <= discount <= 1.0 for discount in settings.discounts):
        faults.append(f"discounts: expected 0.0 to 1.0 each, got {list(settings.discounts)}")
    batch = settings.num_envs * settings.horizon
    if not faults and settings.minibatch > batch:
        faults.append(
            f"minibatch: expected at most num_envs x horizon = {batch}, got {settings.minibatch}"
        )
    if faults:
        raise TrainingSettingsError(f"{where}: {'; '.join(faults)}.")


def _changes() -> Any:
    """The same fields, none of which has to be given."""
    kinds = [
        (f.name, f.type | None, field(default=None))  # type: ignore[operator]
        for f in dataclasses.fields(PPOSettings)
    ]
    made = dataclasses.make_dataclass("PPOChanges", kinds, frozen=True)
    made.__module__ = __name__
    defaults = dataclasses.asdict(PPOSettings())
    made.__doc__ = re.sub(
        r"^( {8})(\w+): (.*)\.$",
        lambda m: f"{m[1]}{m[2]}: {m[3]}; {defaults[m[2]]} where the task does not say.",
        PPOSettings.__doc__ or "",
        flags=re.MULTILINE,
    )
    return made


if TYPE_CHECKING:
    PPOChanges = PPOSettings
else:
    PPOChanges = _changes()
