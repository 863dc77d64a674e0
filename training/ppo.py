# SPDX-License-Identifier: Apache-2.0
"""Proximal policy optimisation, top to bottom: storage, rollout, advantages, update, loop.

Schulman et al. 2017, "Proximal Policy Optimization Algorithms" (arXiv:1707.06347), with the
details of Huang et al. 2022, "The 37 Implementation Details of PPO". The critic is asymmetric: it
sees the truth and the drone's drawn parameters, the actor what a drone's link delivers.
"""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NoReturn

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sim_core.environment import Environment
from sim_core.vec_env import Floats, VecEnv
from training.errors import DivergenceError, TrainingSettingsError
from training.faults import Fault, What, bad_tensors, bad_terms, first_fault, with_rows
from training.networks import Actor, Critic
from training.parallel import ALONE, Party
from training.settings import PPOSettings, check

_PARTS = ("actor", "critic", "actor_optimizer", "critic_optimizer")

LEAST_SPREAD = 1e-3
"""Of advantages, which are divided by it. Source: guess; rewards are of order 0.01 to 1 a step."""


@dataclass
class Learner:
    """Networks, their optimisers, and how far they have come."""

    environment: Environment
    settings: PPOSettings
    actor: Actor
    critic: Critic
    actor_optimizer: torch.optim.Adam
    critic_optimizer: torch.optim.Adam
    device: torch.device
    party: Party = ALONE
    steps: int = 0
    generator: torch.Generator = field(default_factory=torch.Generator)
    world: NDArray[np.uint8] | None = None  # the drones as the last update left them
    began: int = 0  # steps done before this stage of the run

    def state(self) -> dict[str, Any]:
        """All that an update changes, but the drones."""
        counts = {"steps": self.steps, "began": self.began}
        return (
            counts
            | {"generator": self.generator.get_state()}
            | {name: getattr(self, name).state_dict() for name in _PARTS}
        )

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to where `state` was taken."""
        for name in _PARTS:
            getattr(self, name).load_state_dict(state[name])
        self.generator.set_state(state["generator"])
        self.steps, self.began = int(state["steps"]), int(state["began"])

    @property
    def control_step(self) -> int:
        """Of the drones, since the run began."""
        return self.steps // (self.settings.num_envs * self.party.size)

    @property
    def batch(self) -> int:
        """Environment steps of an update, over all processes."""
        return self.settings.num_envs * self.settings.horizon * self.party.size

    @property
    def progress(self) -> float:
        """Share of this stage that is done."""
        return min((self.steps - self.began) / (self.settings.steps - self.began), 1.0)


def new_learner(environment: Environment, settings: PPOSettings) -> Learner:
    """Networks with random weights, drawn from the seed.

    Raises:
        TrainingSettingsError: Of settings that nothing can learn by.
    """
    check(settings, "ppo")
    device = torch.device(
        ("cuda" if torch.cuda.is_available() else "cpu")
        if settings.device == "auto"
        else settings.device
    )
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    # Products this small are not worth sharing out: a barrier costs more than it saves, and a
    # hundred times more where something else runs on the machine. Parallel are the core's drones
    # and, in the update, the two networks.
    torch.set_num_threads(1)
    torch.manual_seed(settings.seed)
    actor = Actor(environment, settings.hidden, settings.initial_log_std).to(device)
    critic = Critic(environment, settings.hidden).to(device)
    actor_optimizer, critic_optimizer = (
        torch.optim.Adam(network.parameters(), lr=settings.learning_rate, eps=1e-5, fused=True)
        for network in (actor, critic)
    )
    return Learner(
        environment,
        settings,
        actor,
        critic,
        actor_optimizer,
        critic_optimizer,
        device,
        generator=torch.Generator(device).manual_seed(settings.seed),
    )


# --- storage ------------------------------------------------------------------------------------


class Storage:
    """One rollout: T control steps of N drones."""

    def __init__(self, learner: Learner) -> None:
        steps, drones = learner.settings.horizon, learner.settings.num_envs
        task = learner.environment.about
        inputs = task["observation_size"] + task["privileged_size"]

        def zeros(*shape: int) -> Tensor:
            return torch.zeros(*shape, device=learner.device)

        self.inputs = zeros(steps + 1, drones, inputs)  # of the critic; the actor's come first
        self.actions = zeros(steps, drones, 4)  # in half ranges of the command, not limited
        self.log_probs = zeros(steps, drones)
        self.rewards = zeros(steps, drones)
        self.done = zeros(steps, drones)
        self.advantages = zeros(steps, drones)
        self.returns = zeros(steps, drones)
        self.weights = zeros(steps, drones) + 1.0  # of the squared error of the value
        self.discounts = zeros(drones) + learner.settings.discount


def log_prob(action: Tensor, mean: Tensor, log_std: Tensor) -> Tensor:
    """Log density of a diagonal Gaussian, without its constant, which every ratio cancels."""
    return (-0.5 * ((action - mean) * torch.exp(-log_std)).square() - log_std).sum(-1)


# --- rollout ------------------------------------------------------------------------------------


@torch.no_grad()
def collect(learner: Learner, env: VecEnv, storage: Storage) -> None:
    """Fly T control steps with exploration noise, into the storage."""
    actor, critic, core = learner.actor, learner.critic, env.core
    device, log_std = learner.device, bounded_log_std(learner)
    noise = torch.randn(storage.actions.shape, generator=learner.generator, device=device)
    noise *= torch.exp(log_std)
    cut_short: list[tuple[int, Tensor, Tensor]] = []  # time limits: their value must be added

    for t in range(learner.settings.horizon):
        seen = look(learner, core.observation, core.privileged)
        mean = actor.body(seen[:, : env.task["observation_size"]])
        action = torch.add(mean, noise[t])
        storage.inputs[t] = seen
        storage.actions[t] = action
        core.step(actor.to_command(action).cpu().numpy())
        storage.rewards[t] = torch.from_numpy(core.reward)
        storage.done[t] = torch.from_numpy(core.terminated | core.truncated)
        if core.truncated.any():
            rows = np.flatnonzero(core.truncated)
            final = look(learner, core.final_observation[rows], core.final_privileged[rows])
            cut_short.append((t, torch.from_numpy(rows).to(device), final))

    storage.inputs[-1] = look(learner, core.observation, core.privileged)
    storage.log_probs[:] = (-0.5 * (noise * torch.exp(-log_std)).square() - log_std).sum(-1)
    if cut_short:
        values = critic(torch.cat([final for _, _, final in cut_short]))
        parts = torch.split(values, [len(where) for _, where, _ in cut_short])
        for (t, where, _), value in zip(cut_short, parts, strict=True):
            storage.rewards[t, where] += storage.discounts[where] * value
    check_rollout(learner, env, storage)


def check_rollout(learner: Learner, env: VecEnv, storage: Storage) -> None:
    """A number that is none ends the run before it reaches a weight.

    Raises:
        DivergenceError: The first one, with the drone that made it.
    """
    fault = first_fault(
        learner.environment.about,
        {
            "observation": storage.inputs[:-1],
            "action": storage.actions,
            "reward": storage.rewards,
        },
        learner.control_step,
    )
    if fault is None:
        return
    if fault.what == "reward":
        terms = zip(env.task["reward_terms"], env.core.take_reward_terms(), strict=True)
        names = bad_terms(dict(terms))
        # Of numbers alone, it is none where the value that was added is none.
        fault = replace(fault, what="reward" if names else "value", names=names)
    stop(learner, storage, fault)


def stop(learner: Learner, storage: Storage, fault: Fault) -> NoReturn:
    """End the run, with what the networks saw and did then.

    Raises:
        DivergenceError: Always.
    """
    if fault.environment is not None:
        seen = learner.actor.observation_scale.numel()
        columns = {
            "observation": storage.inputs[..., :seen],
            "privileged": storage.inputs[..., seen:],
            "action": storage.actions,
            "reward": storage.rewards,
        }
        fault = with_rows(fault, columns, learner.control_step)
    raise DivergenceError(fault, learner.steps)


def look(learner: Learner, observation: Floats, privileged: Floats) -> Tensor:
    """Inputs of the critic, whose first part is the actor's."""
    actor, critic, device = learner.actor, learner.critic, learner.device
    normalized = actor.normalize(torch.from_numpy(observation).to(device))
    return critic.join(normalized, torch.from_numpy(privileged).to(device))


def bounded_log_std(learner: Learner) -> Tensor:
    """Exploration never falls below its floor."""
    return learner.actor.log_std.clamp(min=learner.settings.min_log_std)


# --- advantages ---------------------------------------------------------------------------------


def discounts_of(settings: PPOSettings, kinds: NDArray[np.int32]) -> Tensor:
    """How much a drone's reward counts a step earlier, by the kind of its work, shape (N,).

    Raises:
        TrainingSettingsError: Kinds of work without one.
    """
    count = int(kinds.max()) + 1
    of_each = settings.discounts or (settings.discount,) * count
    if len(of_each) < count:
        raise TrainingSettingsError(
            f"discounts: expected one for each of {count} kinds of work, got {len(of_each)}."
        )
    return torch.tensor(of_each)[torch.from_numpy(kinds).long()]


@torch.no_grad()
def estimate_advantages(learner: Learner, storage: Storage) -> None:
    """Generalised advantage estimation (Schulman et al. 2016, arXiv:1506.02438, eq. 16)."""
    trace = learner.settings.trace
    values = in_halves(learner.critic, storage.inputs)
    columns: dict[What, Tensor] = {"value": values, "reward": storage.rewards}
    fault = first_fault(learner.environment.about, columns, learner.control_step)
    if fault is not None:
        stop(learner, storage, fault)
    counts = (1.0 - storage.done) * storage.discounts
    surprise = storage.rewards + counts * values[1:] - values[:-1]
    advantage = torch.zeros_like(values[0])
    for t in reversed(range(learner.settings.horizon)):
        advantage = surprise[t] + trace * counts[t] * advantage
        storage.advantages[t] = advantage
    torch.add(storage.advantages, values[:-1], out=storage.returns)


@torch.no_grad()
def weigh_kinds(storage: Storage, kinds: Tensor) -> None:
    """Where a task mixes kinds of work, each counts alike.

    A crash in a race costs a hundred times what a centimetre does on a path: of one network that
    learns both, the small would never be heard. So the advantages of each kind are brought to mean
    0 and deviation 1, and errors of its value are weighed by what they were divided by.
    """
    of_each = [kinds == kind for kind in sorted(set(kinds.tolist()))]
    if len(of_each) == 1:
        return
    for mine in of_each:
        advantages = storage.advantages[:, mine].double()
        spread = advantages.std(correction=0).clamp(min=LEAST_SPREAD)
        storage.advantages[:, mine] = ((advantages - advantages.mean()) / spread).float()
        storage.weights[:, mine] = spread.square().reciprocal().float()


@torch.no_grad()
def in_halves(network: nn.Module, inputs: Tensor) -> Tensor:
    """A network's outputs for (T, N, ...) inputs: half of the drones in a thread each."""
    with small_pool() as pool:
        halves = pool.map(torch.no_grad()(network), inputs.chunk(2, dim=1))
        return torch.cat(list(halves), dim=1)


def small_pool(threads: int = 2) -> ThreadPoolExecutor:
    """Threads that share out work by themselves."""
    return ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))


# --- update -------------------------------------------------------------------------------------


def update(learner: Learner, storage: Storage) -> dict[str, float]:
    """A few epochs of minibatches over the rollout; returns what the logs show.

    Actor and critic share no weight and no gradient, so each learns in a thread of its own.
    """
    settings = learner.settings
    rate = settings.learning_rate + learner.progress * (
        settings.final_learning_rate - settings.learning_rate
    )
    for optimizer in (learner.actor_optimizer, learner.critic_optimizer):
        for group in optimizer.param_groups:
            group["lr"] = rate
    size = settings.num_envs * settings.horizon
    orders = [
        torch.randperm(size, generator=learner.generator, device=learner.device)
        for _ in range(settings.epochs)
    ]
    # What NCCL does of two groups at once may come in another order in another process.
    threads = 1 if learner.party.size > 1 and learner.device.type == "cuda" else 2
    with small_pool(threads) as pool:
        halves = [pool.submit(fit, learner, storage, orders) for fit in (fit_actor, fit_critic)]
    figures = halves[0].result() | halves[1].result()
    std = torch.exp(bounded_log_std(learner)).mean().item()
    return {**figures, "action_std": std, "learning_rate": rate}


def minibatches(orders: list[Tensor], size: int, *columns: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Every sample once an epoch, in the epoch's order: its number, then columns of (T, N, ...)."""
    flat = [column.flatten(0, 1) for column in columns]
    for order in orders:
        shuffled = [order, *(torch.index_select(column, 0, order) for column in flat)]
        yield from zip(*(torch.split(column, size) for column in shuffled), strict=True)


def fit_actor(learner: Learner, storage: Storage, orders: list[Tensor]) -> dict[str, float]:
    """Adam on the clipped surrogate."""
    settings, actor = learner.settings, learner.actor
    seen = storage.inputs[:-1, :, : actor.observation_scale.numel()]
    columns = (seen, storage.actions, storage.log_probs, storage.advantages)
    losses, norms = [], []
    for rows, inputs, actions, old_log_probs, advantages in minibatches(
        orders, settings.minibatch, *columns
    ):
        log_std = bounded_log_std(learner)
        advantages = (advantages - advantages.mean()) / (advantages.std(correction=0) + 1e-8)
        ratio = torch.exp(log_prob(actions, actor.body(inputs), log_std) - old_log_probs)
        clipped = ratio.clamp(1.0 - settings.clip, 1.0 + settings.clip)
        each = -torch.min(ratio * advantages, clipped * advantages)
        loss = each.mean()
        entropy = log_std.sum()  # of a Gaussian, but for a constant
        norm = step_back(learner, "actor", loss - settings.entropy * entropy)
        check_update(learner, storage, ("policy loss", "actor"), norm, each, rows)
        learner.actor_optimizer.step()
        norms.append(norm)
        losses.append(loss.detach())
    return {"policy_loss": mean_of(losses), "actor_gradient_norm": mean_of(norms)}


def fit_critic(learner: Learner, storage: Storage, orders: list[Tensor]) -> dict[str, float]:
    """Adam on the squared error of the value."""
    losses, norms = [], []
    columns = (storage.inputs[:-1], storage.returns, storage.weights)
    for rows, inputs, returns, weights in minibatches(orders, learner.settings.minibatch, *columns):
        each = 0.5 * weights * (learner.critic(inputs) - returns).square()
        loss = each.mean()
        norm = step_back(learner, "critic", loss)
        check_update(learner, storage, ("value loss", "critic"), norm, each, rows)
        learner.critic_optimizer.step()
        norms.append(norm)
        losses.append(loss.detach())
    return {"value_loss": mean_of(losses), "critic_gradient_norm": mean_of(norms)}


def step_back(learner: Learner, name: Literal["actor", "critic"], loss: Tensor) -> Tensor:
    """The loss's gradient, over all processes, its norm within limits; returns the norm before."""
    network: nn.Module = getattr(learner, name)
    network.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    learner.party.average(name, network)
    return nn.utils.clip_grad_norm_(network.parameters(), learner.settings.max_gradient_norm)


def check_update(
    learner: Learner,
    storage: Storage,
    names: tuple[What, Literal["actor", "critic"]],
    norm: Tensor,
    losses: Tensor,
    rows: Tensor,
) -> None:
    """A loss or gradient that is not finite ends the run before it reaches a weight.

    Raises:
        DivergenceError: With the sample's drone, or the gradient's tensors.
    """
    if bool(torch.isfinite(norm + losses.detach().sum())):
        return
    what, name = names
    bad = (~torch.isfinite(losses)).nonzero()
    if len(bad):
        step, drone = divmod(int(rows[bad[0, 0]]), learner.settings.num_envs)
        fault = Fault(what, learner.control_step + step, drone)
    else:
        tensors = bad_tensors(getattr(learner, name), name)
        fault = Fault("gradient", learner.control_step, None, tensors)
    stop(learner, storage, fault)


def mean_of(values: list[Tensor]) -> float:
    """Mean of scalars."""
    return torch.stack(values).mean().item()


# --- loop ---------------------------------------------------------------------------------------


def begin(learner: Learner, env: VecEnv) -> None:
    """Put the drones where the last update left them; where nobody knows, draw fresh ones."""
    settings = learner.settings
    if learner.world is not None:
        try:
            env.core.restore(learner.world)
            return
        except ValueError:  # of another number of drones, or another instruction set
            learner.world = None
    # Fresh drones of a resumed run: the seed moves on with the steps done.
    seed = settings.seed + learner.steps // learner.batch
    env.reset(seed=learner.party.seed_of(seed), options={"staggered": True})
    learner.world = env.core.snapshot()


def train(
    learner: Learner, env: VecEnv, after_update: Callable[[Learner, dict[str, float]], None]
) -> None:
    """Train until the run's steps are done.

    Args:
        learner: From `new_learner` or a checkpoint.
        env: Drones, of the learner's environment and number.
        after_update: Called with the learner and figures: reward terms a step, losses, speed.

    Raises:
        DivergenceError: A number that is none; the learner is as before the update that met it.
    """
    settings = learner.settings
    storage = Storage(learner)
    flown = settings.num_envs * settings.horizon
    kinds = torch.from_numpy(env.core.kinds).to(learner.device)
    storage.discounts = discounts_of(settings, env.core.kinds).to(learner.device)
    begin(learner, env)
    while learner.steps < settings.steps:
        started = time.perf_counter()
        before = deepcopy(learner.state())
        try:
            collect(learner, env, storage)
            collected = time.perf_counter()
            estimate_advantages(learner, storage)
            weigh_kinds(storage, kinds)
            figures = update(learner, storage)
        except DivergenceError:
            learner.restore(before)
            raise
        learner.steps += learner.batch
        learner.world = env.core.snapshot()
        terms = dict(zip(env.task["reward_terms"], env.core.take_reward_terms(), strict=True))
        figures |= {f"reward/{name}": total / flown for name, total in terms.items()}
        figures["reward"] = sum(terms.values()) / flown
        figures["seconds/rollout"] = collected - started
        figures["seconds/update"] = time.perf_counter() - collected
        after_update(learner, figures)
