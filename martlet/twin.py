# SPDX-License-Identifier: Apache-2.0
"""`martlet twin`: Crazyflies made of the simulator, for any client that speaks over UDP."""

import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from firmware_bridge.crtp_drone import TwinDrone, TwinSettings
from firmware_bridge.crtp_link import LinkConditions
from firmware_bridge.crtp_server import PORT, TwinServer
from firmware_bridge.errors import TwinSettingsError
from firmware_bridge.firmware_double import DoubleSettings
from firmware_bridge.setpoints import ThrustKind
from firmware_bridge.sitl import FirmwareDrone, FirmwareSettings
from martlet.flight.processes import Processes
from martlet.twin_firmware import Firmware
from policy_export.firmware.host import HostPolicy
from sim_core.airframe import load_airframe

APART_M = 0.5

Place = tuple[float, float, float, float]

MOST_DRONES = 64  # guess: more than one process of Python serves in time


@dataclass(frozen=True)
class TwinOptions:
    """What to simulate.

    Attributes:
        drones: How many; they stand half a metre apart, along y.
        airframe: Name, or path of a file.
        port: UDP port of the first drone on 127.0.0.1, the others follow; 0 takes free ones.
        delay_ms: Of the link, each way.
        jitter_ms: What chance adds to the delay, at most.
        loss: Share of streamed set-points and log packets that never arrive.
        seed: Of noise and chance.
        noise: Whether the estimate has the noise of motion capture.
        battery: Whether flying drains the battery.
        starts: x, y, z [m] and yaw [rad] of each drone, one after the other, in place of that row.
        protocol: Version of the protocol that the firmware says it speaks, 7 to 12.
        decks: Decks that the drones say they have, to be asked for by an estimator: bcFlow2,
            bcLighthouse4, bcLoco, bcZRanger2.
        thrust: What 16 bits of thrust mean: "linear", or "pwm" as before 2025. That of the
            protocol's time where not given.
        onboard: Library of a policy that the drones have on board, as `martlet fly --onboard`
            builds it (docs/onboard.md); its parameters and the app channel engage it.
        firmware: Executable of the real firmware, built for Linux, to fly our physics in place of
            the double; protocol, decks and what is on board are its own then.
    """

    drones: int = 1
    airframe: str = "cf21_plus"
    port: int = PORT
    delay_ms: float = 10.0
    jitter_ms: float = 0.0
    loss: float = 0.02
    seed: int = 0
    noise: bool = True
    battery: bool = True
    starts: tuple[float, ...] = ()
    protocol: int = 12
    thrust: ThrustKind | None = None
    decks: tuple[str, ...] = ()
    onboard: Path | None = None
    firmware: Path | None = None


def make_server(options: TwinOptions) -> TwinServer[TwinDrone]:
    """Open the twins' ports.

    Raises:
        FirmwareBridgeError, SimCoreError: Options that make no twin, or a port that is taken.
        FirmwareError: A library that is no policy on board.
    """
    airframe = load_airframe(options.airframe)
    drones = []
    for i, start in enumerate(_starts(options)):
        double = DoubleSettings(options.seed + i, 0.0, 0.0, options.noise, options.battery)
        settings = TwinSettings(double, options.protocol, options.thrust, decks=options.decks)
        unit = HostPolicy(options.onboard) if options.onboard is not None else None
        drones.append(TwinDrone(airframe, settings, start, unit))
    return TwinServer(drones, _conditions(options), options.port)


@contextmanager
def firmware_server(options: TwinOptions, firmware: Path) -> Iterator[TwinServer[FirmwareDrone]]:
    """Open the ports of drones that the real firmware flies; its processes end with this.

    Raises:
        FirmwareBridgeError, SimCoreError: Options that make no such twin, a port that is taken, or
            no firmware.
    """
    own = [
        name for name in ("protocol", "decks", "onboard") if getattr(options, name) != _own(name)
    ]
    if own:
        raise TwinSettingsError(
            f"twin: expected no --{' and no --'.join(own)} with --firmware, which has its own."
        )
    airframe = load_airframe(options.airframe)
    with (
        tempfile.TemporaryDirectory(prefix="martlet-firmware-") as folder,
        Processes() as processes,
    ):
        drones = []
        for i, start in enumerate(_starts(options)):
            double = DoubleSettings(options.seed + i, 0.0, 0.0, options.noise, options.battery)
            name = f"firmware {i + 1}"
            process = Firmware(name, firmware, processes, Path(folder) / f"{i + 1}.log")
            settings = FirmwareSettings(double, options.thrust)
            drones.append(FirmwareDrone(airframe, settings, start, process))
        with TwinServer(drones, _conditions(options), options.port) as server:
            yield server


def _own(name: str) -> Any:
    return TwinOptions.__dataclass_fields__[name].default


def _conditions(options: TwinOptions) -> LinkConditions:
    delay_s, jitter_s = options.delay_ms / 1000.0, options.jitter_ms / 1000.0
    return LinkConditions(delay_s, jitter_s, options.loss, options.seed)


def _starts(options: TwinOptions) -> list[Place]:
    """Where the drones stand.

    Raises:
        TwinSettingsError: Too few or too many drones, or not four numbers for each.
    """
    if not 1 <= options.drones <= MOST_DRONES:
        raise TwinSettingsError(
            f"twin: --drones: expected 1 to {MOST_DRONES}, got {options.drones}."
        )
    given = options.starts
    if not given:
        return [(0.0, APART_M * i, 0.0, 0.0) for i in range(options.drones)]
    if len(given) != 4 * options.drones:
        raise TwinSettingsError(
            f"twin: --starts: expected x, y, z and yaw of each of {options.drones} drones, got"
            f" {len(given)} numbers."
        )
    return [(x, y, z, yaw) for x, y, z, yaw in zip(*(given[k::4] for k in range(4)), strict=True)]


def run(options: TwinOptions) -> None:
    """Fly twins until interrupted or asked to end; prints where to find them."""
    stop = threading.Event()

    def end(_: int, __: FrameType | None) -> None:
        stop.set()
        server.wake()

    opened = (
        make_server(options)
        if options.firmware is None
        else firmware_server(options, options.firmware)
    )
    with opened as server:
        before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            server.run(stop, lambda: print(*server.uris, sep="\n", flush=True))  # noqa: T201
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        waits_s = [drone.waited_s for drone in server.drones if isinstance(drone, FirmwareDrone)]
        if (waited_s := max(waits_s, default=0.0)) > 0.0:
            waits = f"the body waited {waited_s:.2f} s for the firmware: this machine was too slow."
            print(f"martlet: {waits}", file=sys.stderr)  # noqa: T201
        if server.slips:
            slipped = f"the twins' clock slipped {server.slips} times: this machine was too slow."
            print(f"martlet: {slipped}", file=sys.stderr)  # noqa: T201
