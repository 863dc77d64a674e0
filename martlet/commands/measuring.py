# SPDX-License-Identifier: Apache-2.0
"""Commands that measure: this machine, its installation, the physics, flights and drones."""

import sys
from pathlib import Path

from tyro.conf import OmitArgPrefixes, Positional

from martlet.commands.result import Json, tell
from martlet.errors import UsageError
from martlet.flight.playing import Playing
from martlet.places import check_file, check_folder


def bench(only: tuple[str, ...] = (), quick: bool = False, as_json: Json = False) -> None:
    """Measure this machine: core, training, policy and ROS.

    Args:
        only: Measure these alone: core, training, runner, ros.
        quick: Short measurements, to see that they run.
        as_json: See --json.
    """
    from martlet.bench import measure
    from martlet.summary import show_figures

    tell(measure(only, quick=quick), as_json, lambda figures: show_figures("bench", figures))


def doctor(
    recover: Path | None = None,
    physics: str | None = None,
    fleet: Path | None = None,
    policy: Path | None = None,
    as_json: Json = False,
) -> None:
    """Look whether everything is in its place; or mend a bag whose recorder was killed.

    Args:
        recover: A flight's bag folder, or its .mcap file, that lacks its end.
        physics: An environment, "track" or a file: tell what acts in it, how much, from where.
        fleet: A fleet.toml: connect to its drones and tell what of it is not as it says.
        policy: With --fleet, a policy file: tell also what of the drones it was not trained for.
        as_json: See --json.
    """
    from martlet import physics_terms
    from martlet.doctor import examine, mend
    from martlet.summary import show_figures

    if physics is not None:
        found = physics_terms.physics_of(physics)
        tell(found, as_json, lambda terms: print(physics_terms.table(terms)))  # noqa: T201
        return

    if policy is not None and fleet is None:
        raise UsageError("doctor: --policy: expected --fleet beside it, got none.")
    if fleet is not None:
        from martlet.fleet_check import check_fleet, show_fleet

        found = check_fleet(fleet, policy=policy)
        tell(found, as_json, show_fleet)
    else:
        found = mend(recover) if recover else examine()
        tell(found, as_json, lambda figures: show_figures("doctor", figures))
    if not found["ok"]:
        sys.exit(1)


def validate(
    data: Positional[Path],
    airframe: str | None = None,
    out: Path | None = None,
    as_json: Json = False,
) -> None:
    """Hold the simulator's physics against recorded flights, and print how far it predicts them.

    Beside them: errors of published parameter sets, and of the guess that nothing changes
    (docs/physics.md, which says too what --json prints).

    Args:
        data: A folder of data sets (a folder of logs each), one such folder, one log, or the bag of
            a flight. Logs are .npz files as sim_core/flight_log.py describes; stands' readings are
            .csv.
        airframe: Name or file of the drone that flew, where the data set is not a known one.
        out: Folder to write validation.json and validation.png to.
        as_json: See --json.
    """
    from martlet.validate import run, show

    if out is not None:
        check_folder(out, "--out")
    tell(run(data, airframe, out), as_json, show)


def replay(
    log: Positional[Path],
    airframe: str = "cf21_plus",
    out: Path | None = None,
    mass_kg: float | None = None,
    play: bool = False,
    playing: OmitArgPrefixes[Playing] = Playing(),  # noqa: B008  # frozen
    as_json: Json = False,
) -> None:
    """Fly a flight's recorded commands in the simulator, and print how far it parts from the drone.

    The simulator starts anew from what was recorded every 0.1 s, and is judged after 0.1 to 1 s.
    With --play, instead, the flight's bag is played back through the same ROS topics.

    Args:
        log: A flight as sim_core/flight_log.py describes, .npz, or the bag or run of a flight.
        airframe: Of the drone that flew: a name, or a file, martlet sysid's for one.
        out: Folder to write replay.png to; the log's where not given.
        mass_kg: Of the drone as flown, weighed; the airframe's where not given.
        play: Say what was recorded anew, on the topics that it was said on.
        playing: How, with --play.
        as_json: See --json.
    """
    from martlet import play as player
    from martlet.replay import run, show

    if play:
        player.run(log, playing)
    player.refuse_without_play(playing)

    if out is not None:
        check_folder(out, "--out")
    tell(run(log, airframe, out, mass_kg), as_json, show)


def sysid(
    logs: Positional[tuple[Path, ...]],
    out: Path,
    airframe: str = "cf21_plus",
    mass_kg: float | None = None,
    as_json: Json = False,
) -> None:
    """Fit a drone's gain, trims, lag, inertia and drag to its own flights; write an airframe file.

    Of two logs or more, the last is held out to score the fit; of one log, its last quarter. Logs
    without the motors' PWM, those of martlet fly among them, tell gain and drag alone.

    Args:
        logs: Flights as sim_core/flight_log.py describes, .npz; or bags or runs of one drone each.
        out: Airframe file to write.
        airframe: What kind of drone it is: name or file to start from.
        mass_kg: Of the drone as flown, weighed; the airframe's where not given.
        as_json: See --json.
    """
    from martlet.summary import show_figures
    from martlet.sysid import run

    check_file(out, "--out")
    tell(run(logs, airframe, out, mass_kg), as_json, lambda f: show_figures(f"{out}: fitted", f))
