# SPDX-License-Identifier: Apache-2.0
"""Commands about flights: fly, the operator's key, flying by hand, seeing a flight, the twin."""

import json
import sys
from pathlib import Path

from tyro.conf import OmitArgPrefixes, Positional

from martlet.commands.result import Json
from martlet.flight.settings import FlySettings
from martlet.twin import TwinOptions
from martlet.view.options import ViewOptions


def fly(settings: OmitArgPrefixes[FlySettings] = FlySettings(), as_json: Json = False) -> None:  # noqa: B008
    """Fly a policy over ROS 2: take off, hover, follow references, race or swarm, land, report.

    Exit status 1 of a flight that was cut short, or in which drones crashed, collided, missed gates
    or did not land: it is landed and reported all the same.

    Args:
        settings: What to fly, and how.
        as_json: See --json.
    """
    from martlet.fly import run

    report = run(settings, quiet=as_json)
    if as_json:
        print(json.dumps(report))  # noqa: T201  # the command's result
    if report["faults"]:
        sys.exit(1)


def key(domain: int | None = None) -> None:
    """Hold the operator's key: a key held or tapped keeps drones up, letting go lands them.

    For flights with --operator-s. l lands, space pressed twice stops all motors, Ctrl-C lets go.

    Args:
        domain: ROS domain of the flight; ROS_DOMAIN_ID's, or that of the one flight on this
            machine where not given.
    """
    from martlet.key import run

    run(domain)


def teleop(
    drones: tuple[str, ...] = ("cf1",), joystick: bool = False, domain: int | None = None
) -> None:
    """Fly by hand: keys w s a d, r f, q e move drones while they are held; let go, they hover.

    Beside a flight's nodes: those of ros2 launch, or another's. t takes off, l lands, space pressed
    twice stops all motors, Ctrl-C lets go.

    Args:
        drones: Names of those that are steered, all alike.
        joystick: Take what a joystick's driver says on /joy (ros2 run joy joy_node), and no keys.
        domain: ROS domain of the flight; ROS_DOMAIN_ID's, or that of the one flight on this
            machine where not given.
    """
    from martlet.teleop import run

    run(drones, domain, joystick=joystick)


def view(
    source: Positional[Path | None] = None,
    viewing: OmitArgPrefixes[ViewOptions] = ViewOptions(),  # noqa: B008
) -> None:
    """Show a flight in three dimensions in the browser: one that is in the air, or a recorded one.

    Args:
        source: A run's folder, a bag, or its .mcap file; the flight in the air where not given.
        viewing: How.
    """
    from martlet.view.command import run

    run(source, viewing, lambda words: print(words, flush=True))  # noqa: T201


def twin(twins: OmitArgPrefixes[TwinOptions] = TwinOptions()) -> None:  # noqa: B008
    """Simulate Crazyflies behind their radio protocol, for cflib and the twin backend; Ctrl-C ends.

    Args:
        twins: What to simulate.
    """
    from martlet.twin import run

    run(twins)
