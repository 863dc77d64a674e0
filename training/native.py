# SPDX-License-Identifier: Apache-2.0
"""The native learner behind the face of ppo.py: the same networks, the same figures, in C++.

Weights and Adam's state live in the torch modules between updates, so that checkpoints, the referee
and exports know nothing of it. training/ppo.py says in torch what training/cpp does.
"""

import importlib
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from sim_core.vec_env import VecEnv
from training.errors import DivergenceError
from training.faults import Fault, What, bad_terms, field_name, with_rows
from training.parallel import processes
from training.ppo import Learner, begin, discounts_of
from training.settings import PPOSettings

_native: Any
try:
    _native = importlib.import_module("training._native")
except ModuleNotFoundError:  # built without it
    _native = None

WIDEST_LAYER = 256
_WHAT: tuple[What, ...] = ("observation", "action", "value", "reward", "policy loss", "value loss",
                           "gradient")  # fmt: skip


def refusal(settings: PPOSettings) -> str | None:
    """Why the native learner does not serve, or None where it does."""
    if _native is None:
        return "training._native was not built"
    if processes() > 1:
        return "it learns in one process alone"
    if settings.device == "cuda" or (settings.device == "auto" and torch.cuda.is_available()):
        return "it learns on the CPU alone"
    if settings.hidden % 16 or not 16 <= settings.hidden <= WIDEST_LAYER:
        return f"it takes hidden layers of 16, 32, ... {WIDEST_LAYER}"
    return None


class NativeLearner:
    """A learner's networks in C++, flying an environment's drones."""

    def __init__(self, learner: Learner, env: VecEnv, *, isa: str = "auto") -> None:
        """Take over the learner's weights and its optimisers' state."""
        self.learner = learner
        actor, critic = learner.actor, learner.critic
        observation = env.core.observation.shape[1]
        privileged = env.core.privileged.shape[1]
        self._halves = ((actor, learner.actor_optimizer), (critic, learner.critic_optimizer))
        self.core = _native.Learner(
            env.core,
            _core_settings(learner, env),
            _ranges(learner),
            _shape(actor.body, observation + 1, observation, deviations=True),
            _shape(critic.body, observation + 1 + privileged, observation, deviations=False),
            isa,
        )
        self.core.tick = learner.steps // learner.settings.num_envs
        self.pull()

    def pull(self) -> None:
        """From torch."""
        for number, (network, optimizer) in enumerate(self._halves):
            states = [optimizer.state.get(p, {}) for p in network.parameters()]
            vectors = [_flat(list(network.parameters()))]
            for name in ("exp_avg", "exp_avg_sq"):
                pairs = zip(states, network.parameters(), strict=True)
                vectors.append(_flat([s.get(name, torch.zeros_like(p)) for s, p in pairs]))
            self.core.load(bool(number), vectors, int(states[0].get("step", 0)))

    def columns(self) -> dict[str, Any]:
        """Views of the rollout's observations, privileged observations, actions and rewards."""
        core, settings = self.core, self.learner.settings
        steps, drones = settings.horizon, settings.num_envs
        inputs = core.inputs.reshape(steps + 1, drones, core.stride)
        seen = self.learner.actor.observation_scale.numel()
        extra = self.learner.critic.scale.numel()
        return {
            "observation": inputs[..., :seen],
            "privileged": inputs[..., seen + 1 : seen + 1 + extra],  # between them stands a 1
            "action": core.actions.reshape(steps, drones, -1),
            "reward": core.rewards.reshape(steps, drones),
        }

    def push(self) -> None:
        """Into torch."""
        for number, (network, optimizer) in enumerate(self._halves):
            weights, mean, square, steps = self.core.save(bool(number))
            begin = 0
            for parameter in network.parameters():
                part = slice(begin, begin + parameter.numel())
                begin = part.stop
                parameter.data.copy_(torch.from_numpy(weights[part]).view_as(parameter))
                if steps == 0:
                    continue
                state = optimizer.state[parameter]
                state["step"] = torch.tensor(float(steps))
                state["exp_avg"] = torch.from_numpy(mean[part].copy()).view_as(parameter)
                state["exp_avg_sq"] = torch.from_numpy(square[part].copy()).view_as(parameter)


def train(
    learner: Learner, env: VecEnv, after_update: Callable[[Learner, dict[str, float]], None]
) -> None:
    """Train until the run's steps are done; see training.ppo.train.

    Raises:
        DivergenceError: A number that is none; the weights are still good.
    """
    settings = learner.settings
    batch = settings.num_envs * settings.horizon
    begin(learner, env)
    native = NativeLearner(learner, env)
    while learner.steps < settings.steps:
        began = time.perf_counter()
        rate = settings.learning_rate + learner.progress * (
            settings.final_learning_rate - settings.learning_rate
        )
        told = native.core.train(rate)
        terms = dict(zip(env.task["reward_terms"], env.core.take_reward_terms(), strict=True))
        if told["fault"] is not None:
            raise DivergenceError(fault_of(native, told["fault"], terms), learner.steps)
        native.push()
        learner.steps += batch
        learner.world = env.core.snapshot()
        figures = {
            name: told[name]
            for name in ("policy_loss", "value_loss", "actor_gradient_norm",
                         "critic_gradient_norm")
        }  # fmt: skip
        log_std = learner.actor.log_std.detach().clamp(min=settings.min_log_std)
        figures |= {"action_std": torch.exp(log_std).mean().item(), "learning_rate": rate}
        figures |= {f"reward/{name}": total / batch for name, total in terms.items()}
        figures["reward"] = sum(terms.values()) / batch
        rollout = told["physics_s"] + told["inference_s"]
        figures |= {"seconds/physics": told["physics_s"], "seconds/inference": told["inference_s"]}
        figures |= {"seconds/rollout": rollout}
        figures["seconds/update"] = time.perf_counter() - began - rollout
        after_update(learner, figures)


def fault_of(
    native: NativeLearner, told: tuple[int, int, int, int, str], terms: dict[str, float]
) -> Fault:
    """What was no number, who made it, and what the networks saw and did then."""
    number, environment, step, entry, tensor = told
    what, learner = _WHAT[number - 1], native.learner
    names: tuple[str, ...] = ()
    if what == "observation":
        names = (field_name(learner.environment.about, entry),)
    elif what == "reward":
        names = bad_terms(terms)
    elif what == "gradient":
        return Fault(what, learner.control_step, None, (tensor,))
    begin = learner.control_step
    return with_rows(Fault(what, begin + step, environment, names), native.columns(), begin)


def _flat(tensors: list[Any]) -> Any:
    return torch.cat([t.detach().reshape(-1) for t in tensors]).cpu().numpy().astype(np.float32)


def _shape(body: nn.Sequential, inputs: int, constant: int, *, deviations: bool) -> Any:
    first, second, last = (m for m in body if isinstance(m, nn.Linear))
    return _native.Network(inputs, constant, first.out_features, second.out_features,
                           last.out_features, deviations)  # fmt: skip


def _ranges(learner: Learner) -> Any:
    actor, critic, ranges = learner.actor, learner.critic, _native.Ranges()
    ranges.observation_offset = actor.observation_offset.tolist()
    ranges.observation_scale = actor.observation_scale.tolist()
    ranges.privileged_offset = critic.offset.tolist()
    ranges.privileged_scale = critic.scale.tolist()
    ranges.command_center = actor.command_center.tolist()
    ranges.command_half_range = actor.command_half_range.tolist()
    return ranges


def _core_settings(learner: Learner, env: VecEnv) -> Any:
    settings, core = learner.settings, _native.Settings()
    core.discounts = discounts_of(settings, env.core.kinds).tolist()
    for name in ("horizon", "epochs", "minibatch", "trace", "clip", "entropy",
                 "max_gradient_norm", "min_log_std", "seed"):  # fmt: skip
        setattr(core, name, getattr(settings, name))
    group = learner.actor_optimizer.param_groups[0]
    core.keep_mean, core.keep_square = group["betas"]
    core.epsilon = group["eps"]
    return core
