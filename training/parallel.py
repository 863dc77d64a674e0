# SPDX-License-Identifier: Apache-2.0
"""Several processes learn one policy: torchrun starts them, and their gradients are averaged.

Each flies drones of its own seeds; all begin with the same weights and make the same steps, so the
weights stay equal to the bit. Over TCP between CPUs (gloo), or NCCL between GPUs.
"""

import os
from dataclasses import dataclass
from typing import Any, Literal

import torch
import torch.distributed as dist
from torch import nn

_SEED_STEP = 0x9E3779B1
"""Between two processes' seeds: 2^32 over the golden ratio, which spreads multiples evenly."""


@dataclass(frozen=True)
class Party:
    """One of the processes.

    Attributes:
        rank: Its number; 0 leads: it asks the referee, logs, keeps checkpoints and exports.
        size: How many there are.
        groups: To talk in, one a network: each learns in a thread of its own.
    """

    rank: int = 0
    size: int = 1
    groups: tuple[tuple[str, dist.ProcessGroup], ...] = ()

    def seed_of(self, seed: int) -> int:
        """This process's own."""
        return (seed + self.rank * _SEED_STEP) % 2**32

    def average(self, name: Literal["actor", "critic"], network: nn.Module) -> None:
        """Replace a network's gradient by its mean over all processes."""
        if self.size == 1:
            return
        gradients = [p.grad for p in network.parameters() if p.grad is not None]
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        dist.all_reduce(flat, group=dict(self.groups)[name])
        flat /= self.size
        parts = torch.split(flat, [gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))

    def share(self, state: dict[str, Any]) -> dict[str, Any]:
        """The leader's state, in every process."""
        box = [state]
        if self.size > 1:
            dist.broadcast_object_list(box, src=0)
        return box[0]

    def leave(self) -> None:
        """The run is over."""
        if self.size > 1:
            dist.destroy_process_group()


ALONE = Party()


def processes() -> int:
    """That torchrun has started together; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """Of this process among them."""
    return int(os.environ.get("RANK", "0"))


def agent() -> int | None:
    """Process number of the torchrun that started this one, and starts it again if one dies."""
    return os.getppid() if processes() > 1 else None


def join(device: torch.device) -> Party:
    """Meet the others, where there are any."""
    size = processes()
    if size == 1:
        return ALONE
    # torchrun's store outlives a restart, and with it the addresses of those that died.
    store, number, size = next(dist.rendezvous("env://"))  # type: ignore[attr-defined]
    attempt = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
    dist.init_process_group(
        "nccl" if device.type == "cuda" else "gloo",
        store=dist.PrefixStore(f"attempt_{attempt}", store),  # type: ignore[attr-defined]
        rank=number,
        world_size=size,
    )
    groups = tuple((name, dist.new_group()) for name in ("actor", "critic"))
    return Party(number, size, groups)
