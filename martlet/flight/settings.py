# SPDX-License-Identifier: Apache-2.0
"""What a flight is asked to be, and what of that its backend can be asked for."""

import dataclasses
import importlib.util
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from firmware_bridge.crtp_link import LinkConditions
from firmware_bridge.firmware_double import DoubleSettings
from firmware_bridge.link_faults import sentence_of
from firmware_bridge.radio_address import is_drone_address
from martlet.errors import UsageError
from martlet.flight.fleet_settings import fleet_faults, fleet_of, with_fleet
from martlet.flight.task_settings import TASKS, TASKS_OF, task_faults
from sim_core.task_files import LONGEST_S

if TYPE_CHECKING:
    from martlet.flight.programme import Programme

TWIN_LOSS = 0.02
"""What a twin's link loses unless asked otherwise: a room with a few other radios."""

SETTINGS = "settings.json"
"""In a run's folder: what was asked for, as `told` says it, written before the flight begins."""


@dataclass(frozen=True)
class FlySettings:
    """What to fly, and how.

    Attributes:
        policy: Policy file; with --train the one that is trained; where not given, the one of
            policies/ that flies any task with this airframe.
        train: Train a policy first, from random weights.
        run: Name of the run, or its folder; a new one under runs/ where not given.
        backend: What flies: the simulator; a twin, which is the simulator behind the radio's
            protocol; or hardware, whatever answers at --uri.
        uri: Hardware's address, like radio://0/80/2M/E7E7E7E7E7.
        fleet: A fleet.toml in place of --uri, --airframe and --drones: names, addresses, airframes
            and starts (docs/hardware_checklist.md); a simulator and twins take all but addresses.
        airframe: Airframe flown: a name, or a file; the policy's where not given.
        tasks: What to fly after the hover: names or files of tasks.
        task: One task in place of those: "race"; "swarm"; "mixed", a formation whose drones leave
            it one after the other to race; "hover", and nothing after it; or any other.
        hover_s: How long to hover before that.
        drones: How many fly, all by the one policy: each in a place of its own, or together.
        scenario: Which formation a swarm flies: "static", "changing", "swapped", "moving",
            "turning", "mix" (one of them, by --course-seed; where not given), a formation's .toml
            or a folder of paths.
        track: Where to race: a track's name or file.
        level: Which of the track's levels is drawn.
        course_seed: Of that draw, of the course where each seed gives another (rings), and of a
            swarm's formation.
        operator_s: Land all drones when the key of `martlet key` was not held for so long; 0: no
            key is asked for.
        seed: Of the simulated noise, and of what a twin's link loses.
        state_delay_ms: Link delay from drone to host, a multiple of 2.
        command_delay_ms: Link delay from host to drone, a multiple of 2; of a twin the same.
        loss: Share of streamed packets that a twin's link loses; 0.02 where not given.
        noise: Noise of the estimate, as with motion capture.
        battery: Flying drains the battery, and its sag limits the thrust.
        clock: By the wall, or in lockstep: a tick for every command.
        factor: Times real time; in lockstep the fastest.
        onboard: The policy flies on board: exported into the run's folder, engaged by the first
            command that is streamed, kept by those that follow as by a dead-man's. Simulator and
            twin compile it; hardware has to be flashed with it (docs/onboard.md).
    """

    policy: Path | None = None
    train: bool = False
    run: str | None = None
    backend: Literal["sim", "twin", "hardware"] = "sim"
    uri: str | None = None
    fleet: Path | None = None
    airframe: str | None = None
    tasks: tuple[str, ...] = TASKS
    task: str | None = None
    hover_s: float = 4.0
    drones: int = 1
    scenario: str | None = None
    track: str = "lsy"
    level: int = 0
    course_seed: int = 0
    operator_s: float = 0.0
    seed: int = 0
    state_delay_ms: float = 10.0
    command_delay_ms: float = 10.0
    loss: float | None = None
    noise: bool = True
    battery: bool = True
    clock: Literal["real", "lockstep"] = "real"
    factor: float = 1.0
    onboard: bool = False


_MEANT_FOR = {
    "uri": ("hardware",),
    "loss": ("twin",),
    "seed": ("sim", "twin"),
    "state_delay_ms": ("sim", "twin"),
    "command_delay_ms": ("sim", "twin"),
    "noise": ("sim", "twin"),
    "battery": ("sim", "twin"),
    "clock": ("sim",),
    "factor": ("sim",),
    "drones": ("sim", "twin"),
}


def check(settings: FlySettings) -> None:
    """Refuse what the backend cannot do, before anything is trained or started.

    Raises:
        UsageError, FirmwareBridgeError: All faults of a kind in one sentence.
    """
    faults = [
        f"--{field.name.replace('_', '-')} is for backend {' and '.join(_MEANT_FOR[field.name])}"
        for field in dataclasses.fields(settings)
        if field.name in _MEANT_FOR
        and settings.backend not in _MEANT_FOR[field.name]
        and getattr(settings, field.name) != field.default
    ]
    faults += task_faults(with_fleet(settings))
    if settings.onboard and (settings.drones != 1 or settings.fleet is not None):
        faults.append("--onboard is for one drone: on board nobody hears of others")
    if settings.train and settings.policy is not None:
        faults.append("expected --train or --policy, got both")
    if not 0.1 <= settings.hover_s <= LONGEST_S:
        faults.append(f"--hover-s: expected 0.1 to {LONGEST_S:g}, got {settings.hover_s:g}")
    if not 0.01 <= settings.factor <= 100.0:  # as sim_backend has it
        faults.append(f"--factor: expected 0.01 to 100, got {settings.factor:g}")
    if settings.operator_s and (settings.clock != "real" or settings.factor != 1.0):
        faults.append("--operator-s is for the wall's clock, at factor 1: a hand holds the key")
    if not 0.0 <= settings.operator_s < math.inf:
        faults.append(f"--operator-s: expected 0 or more seconds, got {settings.operator_s:g}")
    if settings.fleet is not None:
        faults += fleet_faults(settings)
    elif settings.backend == "hardware":
        faults += _address_faults(settings.uri)
    if settings.backend == "twin" and settings.state_delay_ms != settings.command_delay_ms:
        faults.append(
            "a twin's link has one delay for both ways, got --state-delay-ms"
            f" {settings.state_delay_ms:g} and --command-delay-ms {settings.command_delay_ms:g}"
        )
    if faults:
        raise UsageError(f"fly with backend {settings.backend}: {'; '.join(faults)}.")
    if settings.backend != "sim" and importlib.util.find_spec("cflib") is None:
        raise UsageError(
            f"fly with backend {settings.backend}: expected cflib, the radio library, found none;"
            f" run `make setup BACKEND={settings.backend}`."
        )
    if settings.backend == "sim":
        double(settings)
    elif settings.backend == "twin":
        LinkConditions(1e-3 * settings.state_delay_ms, 0.0, _loss(settings), settings.seed)


def _address_faults(uri: str | None) -> list[str]:
    if uri is None:
        return ["expected --uri, an address like radio://0/80/2M/E7E7E7E7E7"]
    if is_drone_address(uri):
        return []
    return [sentence_of(uri, "malformed URI").rstrip(".")]


def double(settings: FlySettings) -> DoubleSettings:
    """What the simulator flies with.

    Raises:
        DoubleSettingsError: It cannot.
    """
    return DoubleSettings(
        seed=settings.seed,
        state_delay_s=1e-3 * settings.state_delay_ms,
        command_delay_s=1e-3 * settings.command_delay_ms,
        noise=settings.noise,
        battery=settings.battery,
    )


def flight_settings(
    settings: FlySettings, policy: Path, stack: Any, flown: "Programme | None" = None
) -> Any:
    """The same as the stack takes it, a twin's addresses included.

    Args:
        settings: What was asked for.
        policy: The policy file.
        stack: The module martlet_bringup.stack.
        flown: What is flown, and where; nothing in particular where not given.
    """
    more: dict[str, Any] = {} if flown is None else _places(flown)
    more["uris"] = () if settings.uri is None else (settings.uri,)
    if settings.fleet is not None and flown is not None:
        fleet = fleet_of(settings.fleet)
        more["fleet"] = str(settings.fleet.absolute())
        if settings.backend == "hardware":
            more["uris"] = tuple(fleet.named(name).uri for name in flown.drones)
    if settings.airframe is not None:
        more["airframe"] = settings.airframe
    return stack.with_twin(
        stack.FlightSettings(
            policy=str(policy.absolute()),
            backend=settings.backend,
            seed=settings.seed,
            state_delay_s=1e-3 * settings.state_delay_ms,
            command_delay_s=1e-3 * settings.command_delay_ms,
            noise=settings.noise,
            battery=settings.battery,
            clock=settings.clock,
            factor=settings.factor,
            listeners=2,  # the policy and the recorder
            loss=_loss(settings),
            operator_s=settings.operator_s,
            **more,
        )
    )


def _places(flown: "Programme") -> dict[str, Any]:
    """Where the drones are and may be, as flat rows of numbers."""
    return {
        "drones": flown.drones,
        "starts": tuple(number for start in flown.starts for number in start),
        "offsets_m": tuple(number for offset in flown.offsets_m for number in offset),
        "box_low_m": flown.box_low_m,
        "box_high_m": flown.box_high_m,
        "max_tilt_deg": flown.max_tilt_deg,
        "max_speed_m_s": flown.max_speed_m_s,
        "added_mass_kg": round(flown.added_mass_kg, 6),
    }


def told(settings: FlySettings) -> dict[str, Any]:
    """The settings as report.json holds them: null is what this backend has no say in."""
    values = {name: _plain(value) for name, value in vars(settings).items()}
    if settings.task is not None:
        values["tasks"] = None
    values |= dict.fromkeys(name for name, tasks in TASKS_OF.items() if settings.task not in tasks)
    if settings.backend != "hardware":
        return values | {"loss": _loss(settings)}
    return values | {
        name: None
        for name, backends in _MEANT_FOR.items()
        if "hardware" not in backends and name not in ("clock", "factor")
    }


def told_in(run: Path) -> Mapping[str, Any] | None:
    """The settings in a run's folder; a flight of before wrote them into its report alone."""
    for name in (SETTINGS, "report.json"):
        try:
            found = json.loads((run / name).read_text())
        except (OSError, ValueError):
            continue
        if isinstance(found, dict):
            told = found.get("settings", found)
            return told if isinstance(told, dict) else None
    return None


def _loss(settings: FlySettings) -> float:
    """What the link loses; the simulator's loses nothing."""
    if settings.backend != "twin":
        return 0.0
    return TWIN_LOSS if settings.loss is None else settings.loss


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Path) else value
