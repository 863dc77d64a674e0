# SPDX-License-Identifier: Apache-2.0
"""`martlet key`: the operator's dead-man key, held on a terminal's keyboard."""

import os
import sys
import time

from martlet.errors import UsageError
from martlet.flight.domain import domain_number, domains_taken
from martlet.flight.workspace import find_workspace

LOOK_S = 0.2


def run(domain: int | None) -> None:
    """Become the program that holds the key; it does not return.

    Args:
        domain: Of the flight; that of ROS_DOMAIN_ID, or of the one flight on this machine, which
            is waited for, where not given.

    Raises:
        UsageError: Several flights to choose from, no domain, or no workspace.
    """
    workspace = find_workspace()
    env = workspace.environment() | {"ROS_DOMAIN_ID": domain_of_flight(domain, "key")}
    os.execve(sys.executable, [sys.executable, "-m", "martlet.flight.key_node"], env)


def domain_of_flight(domain: int | None, who: str) -> str:
    """The domain that was named, that of ROS_DOMAIN_ID, or of the one flight on this machine.

    Args:
        domain: It, where it was named.
        who: Asks.

    Raises:
        UsageError: Several flights to choose from, or no domain.
    """
    named = os.environ.get("ROS_DOMAIN_ID", "").strip()
    if domain is not None:
        return str(domain_number(str(domain), "--domain"))
    return str(domain_number(named) if named else _await_flight(who))


def _await_flight(who: str) -> int:
    """The domain of the one flight on this machine."""
    said = False
    while not (taken := domains_taken()):
        if not said:
            print(  # noqa: T201
                "waiting for `martlet fly` to begin on this machine; of nodes started otherwise"
                " name the domain: --domain 0 where ROS_DOMAIN_ID is not set",
                flush=True,
            )
            said = True
        time.sleep(LOOK_S)
    if len(taken) > 1:
        numbers = ", ".join(map(str, taken))
        raise UsageError(
            f"{who}: expected one flight on this machine, found those of the domains {numbers}:"
            " name one with --domain."
        )
    return taken[0]
