# SPDX-License-Identifier: Apache-2.0
"""`martlet replay --play`: a recorded flight, said anew on the topics that it was said on."""

import os
import sys
from pathlib import Path

from martlet.errors import UsageError
from martlet.flight.domain import take_domain
from martlet.flight.playing import Playing
from martlet.flight.workspace import find_workspace
from martlet.view.bag import bag_of


def run(log: Path, playing: Playing) -> None:
    """Become the program that plays; it does not return.

    It plays in ROS_DOMAIN_ID's domain, or in a free one, where `martlet view` finds it as it finds
    a flight.

    Args:
        log: A run's folder, a bag, or its .mcap file.
        playing: How.

    Raises:
        UsageError: No bag, no workspace, or a domain in which somebody flies.
    """
    playing.check()
    bag = bag_of(log)
    workspace = find_workspace()
    domain = take_domain(os.environ)
    domain.tell(bag.parent)
    domain.outlive()
    env = workspace.environment() | {"ROS_DOMAIN_ID": str(domain.number)}
    words = [sys.executable, "-m", "martlet.flight.player", str(bag)]
    words += ["--speed", f"{playing.speed:g}", "--start-s", f"{playing.start_s:g}"]
    words += ["--loop"] if playing.loop else []
    print(f"plays {bag} in domain {domain.number}; Ctrl-C ends", flush=True)  # noqa: T201
    os.execve(sys.executable, words, env)


def refuse_without_play(playing: Playing) -> None:
    """Refuse what only a bag that is played takes.

    Raises:
        UsageError: Some of it was given.
    """
    default = Playing()
    given = [
        f"--{n.replace('_', '-')}" for n, v in vars(playing).items() if v != getattr(default, n)
    ]
    if given:
        raise UsageError(f"replay: {', '.join(given)}: expected --play beside it.")
