# SPDX-License-Identifier: Apache-2.0
"""What torchrun starts in the tests: a small run, whose last process may die in its third update.

Arguments: folder, and the restart count in which it dies. Each process leaves weights and drones.
"""

import os
import signal
import sys
from pathlib import Path

import numpy as np

from sim_core.environment import load_environment
from training import ppo, run
from training.recipe import plain
from training.settings import PPOSettings

folder, dies_in = Path(sys.argv[1]), sys.argv[2]
rank = int(os.environ["RANK"])
last = rank == int(os.environ["WORLD_SIZE"]) - 1
learners, whole, updates = [], ppo.update, []


def update(learner, storage):
    updates.append(learner.steps)
    if last and len(updates) == 3 and os.environ["TORCHELASTIC_RESTART_COUNT"] == dies_in:
        os.kill(os.getpid(), signal.SIGKILL)
    figures = whole(learner, storage)
    learners[:] = [learner]
    return figures


ppo.update = update
run.CHECKPOINT_EVERY_S, run.VERDICTS, run.export_run = 0.0, 1, lambda *_: None
settings = PPOSettings(steps=5 * 512, num_envs=16, horizon=16, minibatch=128, hidden=16,
                       threads=1, device="cpu", learner="torch")  # fmt: skip
recipe = plain(load_environment("track"), settings)
if rank == 0:
    run.train_run(folder, recipe, quiet=True, tensorboard=False)
else:
    run.follow_run(recipe)
(learner,) = learners
weights = [
    p.detach().numpy().ravel() for n in (learner.actor, learner.critic) for p in n.parameters()
]
np.savez(folder / f"rank{rank}.npz", weights=np.concatenate(weights), world=learner.world,
         begun=updates[0])  # fmt: skip
