# SPDX-License-Identifier: Apache-2.0
"""Commands about policies: train, evaluate, export."""

import dataclasses
from itertools import chain
from pathlib import Path
from typing import Literal

from tyro.conf import OmitArgPrefixes, Positional

from martlet.commands.result import Changes, Json, tell
from martlet.errors import UsageError
from training.settings import PPOChanges


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
    from martlet.places import check_folder
    from martlet.run_folder import new_run_folder
    from martlet.summary import show_trained, trained_report
    from training import parallel, reproducer
    from training.recipe import load_recipe
    from training.run import follow_run, train_run

    if reproduce is not None:
        again = reproducer.reproduce(reproduce)
        found = {"sentence": str(again)} | dataclasses.asdict(again.fault)
        tell(found, as_json, lambda figures: print(figures["sentence"]))  # noqa: T201
        return

    if out is None and parallel.processes() > 1:
        raise UsageError("torchrun: expected --out, where a restart finds its checkpoint.")
    if out is None and resume:
        raise UsageError("train: --resume: expected --out, the folder of the run, got none.")
    chosen = () if action is None else (f'action.kind="{action}"',)
    recipe = load_recipe(task, (*chain(*changes), *chosen), vars(ppo))
    if parallel.rank() > 0:
        follow_run(recipe)
        return

    folder = out or new_run_folder(Path(task).stem)
    check_folder(folder, "--out")
    trained = train_run(folder, recipe, resume=resume, quiet=as_json)
    tell(trained_report(trained), as_json, lambda _: show_trained(trained))


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
            Or "swarm", "static", "changing", "swapped", "moving", "turning", a formation's .toml;
            or "mixed": from a formation, one after the other leaves, races, comes home.
            A task of your own (docs/tasks.md) is judged by its own rewards and failures.
        episodes: Drones that fly, once each; in a swarm or a mixed flight, worlds of drones.
        seed: Of drones, starts, courses and noise.
        track: Where to race instead: a track's name or file.
        level: What is drawn anew in each race: one of the track's levels; as the task learns, or 0
            on another track or in a mixed flight.
        scenario: Which formation a swarm flies: one of the above, or "mix", one after the other.
        drones: Of a swarm; as the task learns where not given. Of a mixed flight; 4 if not given.
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
        policy, task, episodes, seed, baseline, out, render, tuple(chain(*changes)),
        track=track, level=level, scenario=scenario, drones=drones,
    )  # fmt: skip
    order.check()
    title = f"{Path(task).stem}, {episodes} episodes"
    match judge_of(task):
        case "paths":
            tell(fly_order(order), as_json, show_evaluation)
        case "races":
            tell(fly_race_order(order), as_json, lambda found: show_figures(title, found))
        case "swarms":
            from martlet.swarm_evaluation import fly_swarm_order

            tell(fly_swarm_order(order), as_json, lambda found: show_figures(title, found))
        case "mixed":
            from martlet.mixed_evaluation import fly_mixed_order

            tell(fly_mixed_order(order), as_json, lambda found: show_figures(title, found))
        case "rewards":
            from martlet.task_evaluation import fly_task_order

            tell(fly_task_order(order), as_json, lambda found: show_figures(title, found))


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
    from martlet.errors import UsageError
    from martlet.places import check_file
    from martlet.summary import show_figures

    how = {"weights": weights, "airframe": airframe, "thrust": thrust}
    if target == "firmware":
        from martlet import firmware

        beside = run if run.is_dir() else run.parent
        written = firmware.export(run, out or beside / "firmware", tasks, **how)
        tell(written, as_json, lambda figures: show_figures(f"{run}: exported", figures))
        return

    from training.run import export_checkpoint

    own = {"tasks": (), "weights": "float32", "airframe": None, "thrust": "linear"}
    given = {"tasks": tasks, **how}
    if strange := [f"--{name}" for name in own if given[name] != own[name]]:
        raise UsageError(f"export: expected --target firmware with {', '.join(strange)}, got onnx.")
    if out is not None:
        check_file(out, "--out")
    tell(
        export_checkpoint(run, out or run / "policy.onnx"),
        as_json,
        lambda figures: show_figures(f"{run}: exported", figures),
    )
