# SPDX-License-Identifier: Apache-2.0
"""What policies may command, and what the core says of a task that is flown so."""

from typing import Literal

from sim_core import _core

ActionKind = Literal["rate_thrust", "motors"]
"""rate_thrust: collective thrust and body rates over a radio, 100 times a second. motors: each of
the four of the drone that the policy sits on, 500 times a second."""

RATE_THRUST: ActionKind = "rate_thrust"
MOTORS: ActionKind = "motors"

_TASKS = {RATE_THRUST: _core.TASKS, MOTORS: _core.MOTOR_TASKS}


def tasks_of(kind: ActionKind) -> "dict[str, _core.TaskDescription]":
    """The tasks that are flown with such commands, by name."""
    return _TASKS[kind]
