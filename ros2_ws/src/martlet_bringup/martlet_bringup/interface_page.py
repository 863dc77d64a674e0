# SPDX-License-Identifier: Apache-2.0
"""docs/ros_interface.md, made of the code: `python -m martlet_bringup.interface_page FILE`.

Names come from `interface_rows.py`, fields of our messages from their own text, parameters from the
parameter files, launch arguments from `explanations.py`.
"""

import dataclasses
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from martlet_bringup.arguments import text_of
from martlet_bringup.bag import ReplaySettings
from martlet_bringup.bridges import MocapSettings, TeleopSettings
from martlet_bringup.explanations import FLIGHT, MOCAP, REPLAY, SWARM, TELEOP
from martlet_bringup.interface import QUALITIES, Entry
from martlet_bringup.interface_rows import ABSENT, BESIDE, INTERFACE, SETPOINTS, THEIRS
from martlet_bringup.stack import CONFIG, FlightSettings
from martlet_bringup.swarm import SwarmSettings

MESSAGES = Path(__file__).resolve().parents[2] / "martlet_msgs"

HEAD = """\
# The ROS 2 interface
<!-- Made of the code: python -m martlet_bringup.interface_page docs/ros_interface.md -->

What `martlet fly` and `launch/fly.launch.py` start, the same in the simulator, over twins and on
hardware. W is the world, ENU, frame `world`; B the body, FLU, its frame named as the drone. SI and
radians everywhere. A drone has one commander at a time: operator > guard > action > streamed
command; of two who stream, the one that came first, until it lets go or is silent for 0.5 s.

The backend (`sim_backend` or `crazyflie_backend`) says the states and takes the policy's commands,
on one thread. The node `fleet_desk`, a thread of the same process, takes what people and tools ask,
so that it costs the flight nothing. Where `crazyflie_interfaces` is installed, a node
`crazyflie_server` takes what Crazyswarm2's scripts ask.

A streamed set-point is guarded as body rates are: finite, inside the fence, no faster than the
guard allows, and never older than `stale_s` (0.25 s); else the drone is held. It answers no state:
what counts is when it came.
"""

FIVE_MINUTES = """\
## In five minutes
```
ros2 launch launch/fly.launch.py policy:=policies/universal_brushless.onnx \\
  airframe:=cf21_brushless drones:=cf1,cf2
ros2 service call /all/arm martlet_msgs/srv/Arm '{arm: true}'
ros2 action send_goal /all/takeoff martlet_msgs/action/Takeoff '{height_m: 1.0}'
ros2 topic pub -r 20 /cf1/cmd_position martlet_msgs/msg/Position '{x: 0.5, z: 1.0}'
ros2 service call /cf1/notify_setpoints_stop std_srvs/srv/Trigger
ros2 action send_goal /fleet/fly_task martlet_msgs/action/FlyTask '{task: hover, duration_s: 5.0}'
ros2 action send_goal /all/land martlet_msgs/action/Land '{}'
ros2 topic echo /diagnostics
```
Whoever stops to stream without a word (Ctrl-C) is held by the guard after 0.25 s, and landed after
3 s more; `notify_setpoints_stop` lets go.

"""

BESIDE_A_FLIGHT = """\
`mocap` takes what motion capture sees to the drones; `teleop` flies them by hand, as long as a
button is held. Let go, or a joystick that is silent for 0.5 s: they brake and hover by themselves.
`martlet teleop` is the same with a keyboard.

"""

LIFECYCLE = """\
## Lifecycle, parameters, the end
Every node is a lifecycle node: `ros2 lifecycle set /sim_backend deactivate`, and `~/get_state`,
`~/change_state`, `~/transition_event` as of any. They configure and activate themselves, unless
`autostart` is false.

| state | what |
| --- | --- |
| unconfigured | nothing but the node |
| inactive | parameters are sound, drones connected, the policy loaded; nothing is said or taken |
| active | at work |
| finalized | ended: by a transition, SIGINT or SIGTERM; a backend lands what flies over a link |

Deactivated, a node lets go of all that it held, and finds it anew when it is activated again. A
backend whose drones are armed or up, and a policy that flies, refuse to rest, and say why. Nodes
may end in any order: a policy that is gone is a stale command to the guard, a backend that is gone
ends the policy's task after 2 s.

Parameters are refused all at once, in one sentence, with exit code 2. At work, `ros2 param set` may
change the guard's limits while all drones stand disarmed, a hand's speeds while nobody steers, and
what a motion capture bridge waits for; out of range, or anything else, is refused in one sentence.

"""

LAUNCHING = """\
`ros2 launch launch/NAME.launch.py ARGUMENT:=VALUE ...`, or by the package, martlet_bringup;
`--show-args` explains. An argument that no one knows, or of a wrong kind, is refused in one
sentence, before anything starts.

"""

LAUNCH_FILES: tuple[tuple[str, str, type[Any], Mapping[str, str]], ...] = (
    ("fly", "the nodes of a flight", FlightSettings, FLIGHT),
    ("swarm", "the same of many drones, by their number or a fleet file", SwarmSettings, SWARM),
    ("replay", "a bag through the topics that it was recorded from", ReplaySettings, REPLAY),
    ("mocap", "motion capture, beside a flight", MocapSettings, MOCAP),
    ("teleop", "a joystick, beside a flight", TeleopSettings, TELEOP),
)

USERS = """\
## Coming from Crazyswarm2
With its message package installed, its services and topics are there under the same names, and so
is `/crazyflie_server` with `robots.<drone>.initial_position` and `uri`. Its services answer before
anything happened, and what they refuse is told in the log; our actions say what came of it. Without
the package `martlet_msgs` has set-points of the same names and fields:
`from martlet_msgs.msg import Position`.

Not there:
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    said = [e for e in INTERFACE if e.kind == "topic" and e.way == "out"]
    heard = [e for e in INTERFACE if e.kind == "topic" and e.way == "in" and e.node != "policy"]
    heard = [e for e in heard if e not in SETPOINTS] + list(SETPOINTS)
    asked = [e for e in INTERFACE if e.kind != "topic" and e.needs != THEIRS]
    theirs = [e for e in INTERFACE if e.kind != "topic" and e.needs == THEIRS]
    parts.append("\n" + FIVE_MINUTES)
    parts.append("## Topics out\n" + _topics(said))
    parts.append("\n## Topics in\n" + _topics(heard))
    parts.append(
        f"\nSet-points carry `{THEIRS}`'s types where that is installed, field by field the same.\n"
    )
    parts.append("\n## Services and actions\n" + _asked(asked))
    parts.append(f"\nWhere `{THEIRS}` is installed, also:\n\n" + _asked(theirs))
    parts.append("\n## Beside a flight\n" + BESIDE_A_FLIGHT + _beside())
    parts.append("\n" + USERS + "\n".join(f"- {_shown(n)}: {why}" for n, why in ABSENT) + "\n")
    parts.append("\n" + LIFECYCLE)
    parts.append("\n## Qualities of service\n" + _qualities())
    parts.append("\n## Messages\n" + "".join(_message(file) for file in _interfaces()))
    parts.append("\n## Launch files\n" + LAUNCHING + "".join(map(_launch_file, LAUNCH_FILES)))
    parts.append("\n## Parameters\n" + "".join(_parameters(file) for file in _files()))
    return "".join(parts)


def _shown(name: str) -> str:
    return name.replace("{drone}", "<drone>")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines) + "\n"


def _topics(entries: Sequence[Entry]) -> str:
    rows = [
        (
            f"`{_shown(e.name)}`",
            e.type.replace("/msg/", "/"),
            e.what + (f" (needs {e.needs})" if e.needs else ""),
            e.rate,
            e.quality,
            e.users,
        )
        for e in entries
    ]
    return _table(("topic", "type", "what", "rate", "QoS", "in Crazyswarm2"), rows)


def _asked(entries: Sequence[Entry]) -> str:
    names: dict[str, list[str]] = {}  # those of one drone and of all share a row
    for e in entries:
        names.setdefault(e.type, []).append(f"`{_shown(e.name)}`")
    rows = [
        (
            " ".join(names.pop(e.type)),
            e.kind,
            re.sub("/(srv|action)/", "/", e.type),
            e.what,
            e.users,
        )
        for e in entries
        if e.type in names
    ]
    return _table(("name", "", "type", "what", "in Crazyswarm2"), rows)


def _beside() -> str:
    rows = [
        (e.node, f"`{_shown(e.name)}`", e.way, e.type.replace("/msg/", "/"), e.what, e.rate)
        for e in BESIDE
    ]
    return _table(("node", "topic", "", "type", "what", "rate"), rows)


def _launch_file(file: tuple[str, str, type[Any], Mapping[str, str]]) -> str:
    name, what, cls, explained = file
    defaults = {field.name: field.default for field in dataclasses.fields(cls)}
    rows = [
        (f"`{argument}`", _default(defaults[argument]), words)
        for argument, words in explained.items()
    ]
    table = _table(("argument", "default", "what"), rows)
    return f"### {name}.launch.py\nStarts {what}.\n\n{table}"


def _default(value: object) -> str:
    text = "" if value is dataclasses.MISSING else text_of(value)
    return f"`{text}`" if text else ("must be named" if value is dataclasses.MISSING else "none")


def _qualities() -> str:
    rows = [
        (f"{name}", *(word.lower().replace("_", " ") for word in words[:2]), str(words[2]))
        for name, words in QUALITIES.items()
    ]
    return _table(("name", "reliability", "durability", "depth"), rows)


def _interfaces() -> list[Path]:
    kinds = ("msg", "srv", "action")
    return [file for kind in kinds for file in sorted((MESSAGES / kind).glob("*"))]


def _message(file: Path) -> str:
    """An interface's own text: what it is for, and each field with its unit and frame."""
    lines = file.read_text().splitlines()[1:]
    body = "\n".join(lines).strip()
    return f"### martlet_msgs/{file.stem}\n```\n{body}\n```\n"


def _files() -> list[Path]:
    return sorted(CONFIG.glob("*.param.yaml"))


def _parameters(file: Path) -> str:
    rows = list(_parameter_rows(file.read_text().splitlines()))
    return f"### {file.name.partition('.')[0]}\n" + _table(("parameter", "default", "what"), rows)


def _parameter_rows(lines: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    section = ""
    for line in lines[3:]:
        if found := re.fullmatch(r"    # (\w+): (\S*(?: ?\S+)*?)  +(\S.*)", line):
            yield f"`{found[1]}`", f"`{found[2]}`", found[3]
        elif found := re.fullmatch(r"    (\w+):", line):
            section = f"{found[1]}."
        elif found := re.fullmatch(r"    ( *)(\w+): (.*?) +# (.*)", line):
            name = (section if found[1] else "") + found[2]
            yield f"`{name}`", f"`{found[3]}`", found[4]


def main() -> int:
    """Write the page to the file that is named."""
    Path(sys.argv[1]).write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main())
