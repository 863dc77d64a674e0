# SPDX-License-Identifier: Apache-2.0
"""Numbers that are none: what they are called, and which drone made them."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from sim_core import _core

What = Literal[
    "observation", "action", "value", "reward", "policy loss", "value loss", "gradient"
]  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """A number that is none, and who made it.

    Attributes:
        what: Kind of number.
        control_step: Of the drones, since the run began.
        environment: The drone; None where it was no single one.
        names: Fields of the observation, terms of the reward, tensors of the gradient.
        rows: What the networks saw of that drone in that step and what they did, of order one.
    """

    what: What
    control_step: int
    environment: int | None = None
    names: tuple[str, ...] = ()
    rows: dict[str, list[float]] = field(default_factory=dict)

    def sentence(self, steps: int) -> str:
        """For people."""
        of = "of the " if self.what == "gradient" else ""
        named = ", ".join(self.names if of else map(repr, self.names))
        where = "" if self.environment is None else f" of environment {self.environment}"
        return (
            "training: expected finite numbers, got a"
            f"{'n' if self.what[0] in 'ao' else ''} {self.what}{f' {of}{named}' if named else ''}"
            f"{where} that is none, at step {steps} (control step {self.control_step});"
            " the last good checkpoint stands."
        )


def field_name(about: "_core.TaskDescription", entry: int) -> str:
    """Of an entry of the observation, with the privileged one behind it."""
    for known in (*about["observation"], *about["privileged"]):
        if entry < known["size"]:
            return str(known["name"])
        entry -= known["size"]
    return "?"


def bad_terms(terms: dict[str, float]) -> tuple[str, ...]:
    """Names of the reward's terms that are no number."""
    return tuple(name for name, total in terms.items() if not np.isfinite(total))


def bad_tensors(network: nn.Module, name: str) -> tuple[str, ...]:
    """Names of the tensors whose gradient is no number."""
    found = [
        f"{name} {tensor}"
        for tensor, parameter in network.named_parameters()
        if parameter.grad is not None and not _whole(parameter.grad)
    ]
    return tuple(found)


def first_fault(
    about: "_core.TaskDescription", columns: dict[What, Tensor], begin: int
) -> Fault | None:
    """The earliest number that is none in a rollout.

    Args:
        about: What the core says of the task.
        columns: By kind, in the order in which a step makes them; (T, N) or (T, N, ...).
        begin: Control step of the rollout's first row.
    """
    found: list[tuple[int, int, What, int]] = []
    for order, (what, column) in enumerate(columns.items()):
        if _whole(column):
            continue
        step, drone, *entry = (~torch.isfinite(column)).nonzero()[0].tolist()
        found.append((step, order, what, drone))
        if what == "observation":
            entries = (field_name(about, entry[0]),)
    if not found:
        return None
    step, _, what, drone = min(found)
    names = entries if what == "observation" else ()
    return Fault(what, begin + step, drone, names)


def with_rows(fault: Fault, columns: dict[str, Any], begin: int) -> Fault:
    """A fault with the numbers of its drone's step, as far as the step came.

    Args:
        fault: One of a single drone.
        columns: (T, N) or (T, N, ...), by name.
        begin: Control step of the rollout's first row.
    """
    at = fault.control_step - begin, fault.environment
    unmade = {"observation": ("action", "reward"), "action": ("reward",), "value": ("reward",)}
    rows = {
        name: np.asarray(column[at], np.float64).reshape(-1).tolist()
        for name, column in columns.items()
        if name not in unmade.get(fault.what, ())
    }
    return replace(fault, rows=rows)


def _whole(numbers: Tensor) -> bool:
    """Whether all are numbers; a sum of numbers that overflows is looked at one by one."""
    if bool(torch.isfinite(numbers.sum())):
        return True
    return bool(torch.isfinite(numbers).all())
