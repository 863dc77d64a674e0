# SPDX-License-Identifier: Apache-2.0
"""The nodes of a flight, their parameters and their topics: said once.

The launch files and `martlet fly` both start what this file says. It imports the standard library
alone, so that both can read it.
"""

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

Value = str | bool | int | float | list[str] | list[float]

CONFIG = Path(__file__).resolve().parent.parent / "config"
"""The parameter files, where the package lies as source; installed, they are under share/."""

BACKENDS = ("sim", "twin", "hardware")

TWIN_PATIENCE_S = 10.0
"""So long may a twin take to start that is started together with its backend."""

_GUARD_NUMBERS = ("max_tilt_deg", "max_speed_m_s", "operator_s")

LANDING_S = 12.0
"""So long may a backend that is told to end take to land its drones, set them back and let go."""


@dataclass(frozen=True)
class FlightSettings:
    """What may differ from one flight to the next; each is an argument of fly.launch.py.

    Attributes:
        policy: The policy file.
        backend: What flies: "sim" is the simulator, "twin" the simulator behind the radio's
            protocol, "hardware" what answers at `uris`.
        drones: Their names, in the order of their rows.
        airframe: What they are.
        seed: Of the simulator's noise; of the twin's, and of what its link loses.
        state_delay_s: Link delay from drone to host.
        command_delay_s: Link delay from host to drone.
        noise: Whether the simulated estimate is noisy.
        battery: Whether the simulated battery drains and sags.
        clock: "real" or "lockstep".
        factor: Simulated over wall time.
        listeners: Listeners that the nodes wait for before they begin; 0: none in particular.
        loss: Share of streamed packets that a twin's link loses.
        uris: Address of each drone, for hardware.
        starts: x, y, z [m; W] and yaw [rad] of each simulated drone, twins included, one after the
            other; empty: in a row.
        offsets_m: x, y, z by which each drone's path is moved [m; W]; empty: none is.
        box_low_m: Corner of the guard's geofence [m; W]; empty: as in the parameter file.
        box_high_m: The opposite corner.
        max_tilt_deg: Largest tilt that the guard allows; 0: as in the parameter file.
        max_speed_m_s: Largest speed, likewise.
        operator_s: Oldest sign of the operator's dead-man key; 0: as in the parameter file.
        added_mass_kg: That the simulated drones carry.
        fleet: Fleet file that says how the drones at `uris` are set; empty: none does.
        onboard: Library of a policy that flies on board of simulated drones, twins included; empty:
            none does.
        exported: Folder of the export that the drones at `uris`, twins included, have on board;
            empty: none, they are flown over the radio.
        planned_from: Where one drone's tasks begin as planned, x, y, z [m; W] and yaw [rad]; empty:
            where drones hover.
    """

    policy: str
    backend: str = "sim"
    drones: tuple[str, ...] = ("cf1",)
    airframe: str = "cf21_plus"
    seed: int = 0
    state_delay_s: float = 0.010
    command_delay_s: float = 0.010
    noise: bool = True
    battery: bool = True
    clock: str = "real"
    factor: float = 1.0
    listeners: int = 0
    loss: float = 0.02
    uris: tuple[str, ...] = ()
    starts: tuple[float, ...] = ()
    offsets_m: tuple[float, ...] = ()
    box_low_m: tuple[float, ...] = ()
    box_high_m: tuple[float, ...] = ()
    max_tilt_deg: float = 0.0
    max_speed_m_s: float = 0.0
    operator_s: float = 0.0
    added_mass_kg: float = 0.0
    fleet: str = ""
    onboard: str = ""
    exported: str = ""
    planned_from: tuple[float, ...] = ()


@dataclass(frozen=True)
class NodeSpec:
    """One node: what to start, as whom, with which parameters and remappings.

    `end_s` is how long it may take to end once it is told to.
    """

    package: str
    executable: str
    name: str
    parameter_file: str
    parameters: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))
    remappings: tuple[tuple[str, str], ...] = ()
    end_s: float = 5.0


@dataclass(frozen=True)
class Topic:
    """What is said in flight, and whether it is reliable and kept for late listeners."""

    name: str
    type: str
    reliable: bool = False


def stack(settings: FlightSettings) -> tuple[NodeSpec, ...]:
    """The nodes of a flight; a twin's addresses are those that `with_twin` gave it.

    Raises:
        ValueError: Settings that make no flight, all faults of them at once.
    """
    if faults := _faults(settings):
        raise ValueError(f"{'; '.join(faults)}.")
    backend = _sim_backend if settings.backend == "sim" else _crazyflie_backend
    return (backend(settings), _policy(settings))


def with_twin(settings: FlightSettings) -> FlightSettings:
    """The settings with free ports of this machine as the addresses, where a twin is to fly."""
    if settings.backend != "twin" or settings.uris:
        return settings
    port = _free_port(len(settings.drones))
    return replace(
        settings, uris=tuple(f"udp://127.0.0.1:{port + i}" for i in range(len(settings.drones)))
    )


def twin(settings: FlightSettings) -> tuple[str, ...]:
    """The words after lib/martlet_bringup/twin that start a flight's twins; none where none fly."""
    if settings.backend != "twin":
        return ()
    return (
        *("--drones", str(len(settings.drones)), "--airframe", settings.airframe),
        *("--port", settings.uris[0].rpartition(":")[2], "--seed", str(settings.seed)),
        *("--delay-ms", f"{1e3 * settings.state_delay_s:g}", "--loss", f"{settings.loss:g}"),
        "--noise" if settings.noise else "--no-noise",
        "--battery" if settings.battery else "--no-battery",
        *(
            ("--starts", *(f"{number:.4f}" for number in settings.starts))
            if settings.starts
            else ()
        ),
        *(("--onboard", settings.onboard) if settings.onboard else ()),
    )


def _faults(settings: FlightSettings) -> list[str]:
    """What cannot be flown; only the simulator has a clock of its own."""
    if settings.backend not in BACKENDS:
        return [f"backend: expected {' or '.join(BACKENDS)}, got {settings.backend!r}"]
    if settings.backend == "sim":
        return []
    faults = []
    if settings.backend == "twin" and bool(settings.onboard) != bool(settings.exported):
        faults.append("backend twin: expected onboard and exported, or neither, got one of them")
    if len(settings.uris) != len(settings.drones):
        faults.append(
            f"uris: expected an address for each of {len(settings.drones)} drones,"
            f" got {len(settings.uris)}"
        )
    if settings.clock != "real" or settings.factor != 1.0:
        faults.append(
            f"backend {settings.backend}: expected clock real and factor 1,"
            f" got {settings.clock} and {settings.factor:g}"
        )
    if settings.backend == "twin" and settings.state_delay_s != settings.command_delay_s:
        faults.append(
            "backend twin: expected one delay for both ways of the link, got"
            f" {settings.state_delay_s:g} s and {settings.command_delay_s:g} s"
        )
    return faults


def _free_port(count: int) -> int:
    """The first of so many UDP ports in a row that nobody has now."""
    while True:
        sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
        try:
            sockets[0].bind(("127.0.0.1", 0))
            port = int(sockets[0].getsockname()[1])
            for i, other in enumerate(sockets[1:], start=1):
                other.bind(("127.0.0.1", port + i))
        except (OSError, OverflowError):
            continue
        else:
            return port
        finally:
            for one in sockets:
                one.close()


def _sim_backend(settings: FlightSettings) -> NodeSpec:
    return NodeSpec(
        package="martlet_nodes",
        executable="sim_backend",
        name="sim_backend",
        parameter_file="sim_backend.param.yaml",
        parameters={
            "drones": list(settings.drones),
            "airframe": settings.airframe,
            "seed": settings.seed,
            "state_delay_s": settings.state_delay_s,
            "command_delay_s": settings.command_delay_s,
            "noise": settings.noise,
            "battery": settings.battery,
            "clock": settings.clock,
            "factor": settings.factor,
            "listeners": settings.listeners,
            "onboard": settings.onboard,
            "added_mass_kg": settings.added_mass_kg,
            **_given({"starts": settings.starts}),
            **_guard(settings),
        },
    )


def _crazyflie_backend(settings: FlightSettings) -> NodeSpec:
    return NodeSpec(
        package="martlet_nodes",
        executable="crazyflie_backend",
        name="crazyflie_backend",
        parameter_file="crazyflie_backend.param.yaml",
        parameters={
            "drones": list(settings.drones),
            "uris": list(settings.uris),
            "airframe": settings.airframe,
            "fleet": settings.fleet,
            "onboard": settings.exported,
            "patience_s": TWIN_PATIENCE_S if settings.backend == "twin" else 0.0,
            "listeners": settings.listeners,
            **_guard(settings),
        },
        end_s=LANDING_S,
    )


def _policy(settings: FlightSettings) -> NodeSpec:
    return NodeSpec(
        package="martlet_nodes",
        executable="policy",
        name="policy",
        parameter_file="policy.param.yaml",
        parameters={
            "policy": settings.policy,
            "drones": list(settings.drones),
            "airframe": settings.airframe,
            "lossless": settings.clock == "lockstep",
            "listeners": max(settings.listeners, 1),
            "onboard": bool(settings.onboard or settings.exported),
            "begins_late_s": round(settings.state_delay_s + settings.command_delay_s, 6),
            **_given({"offsets_m": settings.offsets_m, "planned_from": settings.planned_from}),
        },
    )


def _guard(settings: FlightSettings) -> dict[str, Value]:
    numbers = {name: getattr(settings, name) for name in _GUARD_NUMBERS}
    box = _given({"guard.box_low_m": settings.box_low_m, "guard.box_high_m": settings.box_high_m})
    return box | {f"guard.{name}": float(number) for name, number in numbers.items() if number}


def _given(values: Mapping[str, tuple[float, ...]]) -> dict[str, Value]:
    """Those that hold numbers: to ROS an empty list has no type."""
    return {name: [float(x) for x in numbers] for name, numbers in values.items() if numbers}


def topics(drones: tuple[str, ...]) -> tuple[Topic, ...]:
    """What a flight says, in every backend alike: what a recording of it holds."""
    fleet = (
        Topic("/clock", "rosgraph_msgs/msg/Clock"),
        Topic("/fleet/states", "martlet_msgs/msg/FleetStates"),
        Topic("/fleet/truth", "martlet_msgs/msg/FleetStates"),
        Topic("/fleet/cmd_rate_thrust", "martlet_msgs/msg/FleetRateThrust"),
    )
    each = tuple(
        topic
        for name in drones
        for topic in (
            Topic(f"/{name}/odom", "nav_msgs/msg/Odometry"),
            Topic(f"/{name}/pose", "geometry_msgs/msg/PoseStamped"),
            Topic(f"/{name}/goal", "geometry_msgs/msg/PointStamped"),
            Topic(f"/{name}/cmd_rate_thrust", "martlet_msgs/msg/RateThrust"),
            Topic(f"/{name}/status", "martlet_msgs/msg/DroneStatus", reliable=True),
            Topic(f"/{name}/battery", "sensor_msgs/msg/BatteryState", reliable=True),
        )
    )
    return fleet + each


def command_line(node: NodeSpec, prefix: Path, config: Path = CONFIG) -> list[str]:
    """The command that starts a node without `ros2`, as `ros2 run` and launch would.

    Args:
        node: What to start.
        prefix: Where its package is installed.
        config: Where the parameter files lie.
    """
    words = [str(prefix / "lib" / node.package / node.executable), "--ros-args"]
    words += ["-r", f"__node:={node.name}"]
    for before, after in node.remappings:
        words += ["-r", f"{before}:={after}"]
    words += ["--params-file", str(config / node.parameter_file)]
    for name, value in node.parameters.items():
        words += ["-p", f"{name}:={json.dumps(value)}"]
    return words
