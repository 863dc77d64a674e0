# SPDX-License-Identifier: Apache-2.0
"""The command line: train, evaluate, export, fly, measure, mend.

Exit status: 0 done, 1 it was tried and failed, 2 it was asked for wrongly.
"""

import dataclasses
import json as json_format
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from tyro.conf import OmitArgPrefixes, Positional, arg

from evaluation.errors import EvaluationError
from firmware_bridge.errors import FirmwareBridgeError
from martlet.errors import MartletError
from martlet.flight.playing import Playing
from martlet.flight.settings import FlySettings
from martlet.twin import TwinOptions
from martlet.view.options import ViewOptions
from policy_export.errors import PolicyExportError
from sim_core.errors import SimCoreError
from training.errors import TrainingError
from training.settings import PPOChanges

_OURS = (
    SimCoreError,
    PolicyExportError,
    EvaluationError,
    TrainingError,
    FirmwareBridgeError,
    MartletError,
)

Json = Annotated[bool, arg(name="json", help="Print one JSON object on standard output.")]
Changes = Annotated[
    tuple[str, ...],
    arg(
        name="set",
        metavar="KEY=VALUE",
        help="Change values of the environment file: start.position_m=0.5, ppo.discount=0.99.",
    ),
]


def train(
    out: Path | None = None,
    task: str = "track",
    action: Literal["rate_thrust", "motors"] | None = None,
    changes: Changes = (),
    ppo: OmitArgPrefixes[PPOChanges] = PPOChanges(),  # noqa: B008  # frozen
    resume: bool = False,
    reproduce: Path | None = None,
    as_json: Json = False,
) -> None:
    """Train a policy from random weights; ends with a policy file that was held to the actor.

    Args:
        out: Folder of the run; runs/<task>-<date>-<time> where not given.
        task: Environment to train in: "track", "race", "rings", "split_s", one of your own, or a
            file's path.
        action: What the policy commands: collective thrust and body rates over the radio, or, of
            task "track", the four motors from on board, at 500 Hz; as the task's file says where
            not given.
        changes: See --set.
        ppo: How to learn.
        resume: Go on from the checkpoint in --out.
        reproduce: Instead, the fault.pt of a run that met a number that is none: show it again.
        as_json: See --json.
    """
    from martlet.run_folder import new_run_folder
    from martlet.summary import show_trained, trained_report
    from training import parallel, reproducer
    from training.recipe import load_recipe
    from training.run import follow_run, train_run

    if reproduce is not None:
        again = reproducer.reproduce(reproduce)
        found = {"sentence": str(again)} | dataclasses.asdict(again.fault)
        _tell(found, as_json, lambda figures: print(figures["sentence"]))  # noqa: T201
        return

    if out is None and parallel.processes() > 1:
        raise TrainingError("torchrun: expected --out, where a restart finds its checkpoint.")
    if action is not None:
        changes = (*changes, f'action.kind="{action}"')
    recipe = load_recipe(task, changes, vars(ppo))
    if parallel.rank() > 0:
        follow_run(recipe)
        return

    folder = out or new_run_folder(Path(task).stem)
    trained = train_run(folder, recipe, resume=resume, quiet=as_json)
    _tell(trained_report(trained), as_json, lambda _: show_trained(trained))


def evaluate(
    policy: Positional[Path | None] = None,
    task: str = "hover",
    episodes: int = 1000,
    seed: int = 1,
    track: str | None = None,
    level: int | None = None,
    scenario: str | None = None,
    drones: int | None = None,
    baseline: tuple[Literal["stock", "raptor"], ...] = (),
    out: Path | None = None,
    render: Path | None = None,
    changes: Changes = (),
    as_json: Json = False,
) -> None:
    """Fly a policy on drones it has never seen, and print what the referee saw.

    Args:
        policy: Policy file; may be left out where baselines fly.
        task: "hover"; "lemniscate_slow", "lemniscate", "lemniscate_fast" (T = 15, 5.5, 3.5 s;
            "track" is the last), "zigzag", "pentagram", "polynomial", "recorded", or a .csv or
            .toml of your own; or "race" (lsy_drone_racing's course, level 2), "rings", "split_s".
            Or "swarm", "static", "changing", "swapped", "moving", "turning", a formation's .toml.
            A task of your own (docs/tasks.md) is judged by its own rewards and failures.
        episodes: Drones that fly, once each; in a swarm, worlds of drones.
        seed: Of drones, starts, courses and noise.
        track: Where to race instead: a track's name or file.
        level: What is drawn anew in each race: one of the track's levels; as the task learns, or 0
            on another track.
        scenario: Which formation a swarm flies: one of the above, or "mix", one after the other.
        drones: Of a swarm; as the task learns where not given.
        baseline: Fly the same drones with these too: the firmware's stock controller, RAPTOR.
        out: Folder for the worst episodes (.npz, to replay); beside the policy where not given.
        render: Picture to draw: a .png, or a .gif of a middling and the worst drone.
        changes: See --set.
        as_json: See --json.
    """
    from martlet.eval_order import Order, judge_of
    from martlet.evaluation import fly_order
    from martlet.race_evaluation import fly_race_order
    from martlet.summary import show_evaluation, show_figures

    order = Order(
        policy, task, episodes, seed, baseline, out, render, changes,
        track=track, level=level, scenario=scenario, drones=drones,
    )  # fmt: skip
    title = f"{Path(task).stem}, {episodes} episodes"
    match judge_of(task):
        case "paths":
            _tell(fly_order(order), as_json, show_evaluation)
        case "races":
            _tell(fly_race_order(order), as_json, lambda found: show_figures(title, found))
        case "swarms":
            from martlet.swarm_evaluation import fly_swarm_order

            _tell(fly_swarm_order(order), as_json, lambda found: show_figures(title, found))
        case "rewards":
            from martlet.task_evaluation import fly_task_order

            _tell(fly_task_order(order), as_json, lambda found: show_figures(title, found))


def export(
    run: Positional[Path],
    out: Path | None = None,
    target: Literal["onnx", "firmware"] = "onnx",
    tasks: tuple[str, ...] = (),
    weights: Literal["float32", "int8"] = "float32",
    airframe: str | None = None,
    thrust: Literal["linear", "pwm"] = "linear",
    as_json: Json = False,
) -> None:
    """Export a run's checkpoint to ONNX, held against the actor; or a policy for the drone itself.

    With --target firmware: its policy file as an app of the Crazyflie firmware (docs/onboard.md).

    Args:
        run: Folder of a training run, with its checkpoint; for firmware also a policy file.
        out: Policy file to write, policy.onnx in the run's folder where not given; or the app's
            folder, firmware in the run's folder.
        target: What to write.
        tasks: Firmware: what can be asked of the drone, names or files of tasks, "race" among them;
            hover and lemniscate, or race, where not given.
        weights: Firmware: their form, int8 with a scale for each output.
        airframe: Firmware: what it flies; the policy's first where not given.
        thrust: Firmware: linear where the firmware compensates the battery, as since 2025; or pwm.
        as_json: See --json.
    """
    from martlet.summary import show_figures

    if target == "firmware":
        from martlet import firmware

        beside = run if run.is_dir() else run.parent
        how = {"weights": weights, "airframe": airframe, "thrust": thrust}
        written = firmware.export(run, out or beside / "firmware", tasks, **how)
        _tell(written, as_json, lambda figures: show_figures(f"{run}: exported", figures))
        return

    from training.run import export_checkpoint

    _tell(
        export_checkpoint(run, out or run / "policy.onnx"),
        as_json,
        lambda figures: show_figures(f"{run}: exported", figures),
    )


def fly(settings: OmitArgPrefixes[FlySettings] = FlySettings(), as_json: Json = False) -> None:  # noqa: B008
    """Fly a policy over ROS 2: take off, hover, follow references, race or swarm, land, report.

    Args:
        settings: What to fly, and how.
        as_json: See --json.
    """
    from martlet.fly import run

    report = run(settings, quiet=as_json)
    if as_json:
        print(json_format.dumps(report))  # noqa: T201  # the command's result
    if not report["landed"]:
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
    options: OmitArgPrefixes[ViewOptions] = ViewOptions(),  # noqa: B008
) -> None:
    """Show a flight in three dimensions in the browser: one that is in the air, or a recorded one.

    Args:
        source: A run's folder, a bag, or its .mcap file; the flight in the air where not given.
        options: How.
    """
    from martlet.view.command import run

    run(source, options, lambda words: print(words, flush=True))  # noqa: T201


def twin(options: OmitArgPrefixes[TwinOptions] = TwinOptions()) -> None:  # noqa: B008
    """Simulate Crazyflies behind their radio protocol, for cflib and the twin backend; Ctrl-C ends.

    Args:
        options: What to simulate.
    """
    from martlet.twin import run

    run(options)


def bench(only: tuple[str, ...] = (), quick: bool = False, as_json: Json = False) -> None:
    """Measure this machine: core, training, policy and ROS.

    Args:
        only: Measure these alone: core, training, runner, ros.
        quick: Short measurements, to see that they run.
        as_json: See --json.
    """
    from martlet.bench import measure
    from martlet.summary import show_figures

    _tell(measure(only, quick=quick), as_json, lambda figures: show_figures("bench", figures))


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
        _tell(found, as_json, lambda terms: print(physics_terms.table(terms)))  # noqa: T201
        return

    if fleet is not None:
        from martlet.fleet_check import check_fleet, show_fleet

        found = check_fleet(fleet, policy=policy)
        _tell(found, as_json, show_fleet)
    else:
        found = mend(recover) if recover else examine()
        _tell(found, as_json, lambda figures: show_figures("doctor", figures))
    if not found["ok"]:
        sys.exit(1)


def validate(
    data: Positional[Path],
    airframe: str | None = None,
    out: Path | None = None,
    as_json: Json = False,
) -> None:
    """Hold the simulator's physics against recorded flights, and print how far it predicts them.

    DATA is a folder of data sets (a folder of logs each), one such folder, one log, or the bag of a
    flight. Logs are .npz files as sim_core/flight_log.py describes; stands' readings are .csv. The
    JSON has a key for each measure (bench_thrust_rmse_n, translation_500ms_m,
    translation_500ms_gain_m, rates_rad_s, pose_100ms_m, closed_loop_rmse_m, downwash_rmse_g),
    under it the data sets by the name of their folder, under each `ours` and `naive` (rates: under
    `10ms` and `100ms`), `published` and `files` beside them; `sets` says which files were scored.

    Args:
        data: Recordings.
        airframe: Name or file of the drone that flew, where the data set is not a known one.
        out: Folder to write validation.json and validation.png to.
        as_json: See --json.
    """
    from martlet.validate import run, show

    _tell(run(data, airframe, out), as_json, show)


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

    _tell(run(log, airframe, out, mass_kg), as_json, show)


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

    _tell(run(logs, airframe, out, mass_kg), as_json, lambda f: show_figures(f"{out}: fitted", f))


_COMMANDS: dict[str, Callable[..., None]] = {
    "train": train,
    "eval": evaluate,
    "export": export,
    "fly": fly,
    "validate": validate,
    "replay": replay,
    "sysid": sysid,
    "key": key,
    "teleop": teleop,
    "view": view,
    "twin": twin,
    "bench": bench,
    "doctor": doctor,
}


def main() -> None:
    """Run a command; say what is wrong in one sentence."""
    try:
        tyro.extras.subcommand_cli_from_dict(
            _COMMANDS, prog="martlet", description="Train flight policies; fly them over ROS 2."
        )
    except _OURS as error:
        # A refused input is also a ValueError or a KeyError; what failed in the doing is not.
        _complain(str(error))
        sys.exit(2 if isinstance(error, ValueError | LookupError) else 1)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _complain(f"{where}{error.strerror or error}.")
        sys.exit(1)
    except KeyboardInterrupt:
        _complain("stopped by the user; what was written so far is whole.")
        sys.exit(1)


def _complain(sentence: str) -> None:
    print(f"martlet: {sentence}", file=sys.stderr)  # noqa: T201


def _tell(figures: dict[str, Any], as_json: bool, show: Callable[[dict[str, Any]], None]) -> None:
    if as_json:
        print(json_format.dumps(figures))  # noqa: T201  # the command's result
    else:
        show(figures)


if __name__ == "__main__":
    main()
