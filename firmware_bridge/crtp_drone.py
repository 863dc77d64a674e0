# SPDX-License-Identifier: Apache-2.0
"""One twin: the firmware double behind CRTP packets. Knows no socket and no wall clock."""

import struct
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from firmware_bridge.crtp_app import AppRoom
from firmware_bridge.crtp_commander import Commander, CommanderContext, Pose
from firmware_bridge.crtp_logs import TYPES, LogRoom
from firmware_bridge.crtp_memory import MemoryRoom
from firmware_bridge.crtp_packets import APP_CHANNEL, MAX_PAYLOAD, Packet, Port
from firmware_bridge.crtp_params import ParamRoom
from firmware_bridge.crtp_supervisor import SupervisorRoom
from firmware_bridge.crtp_toc import LOG_BLOCKS, LOG_VARIABLES, Entry, make_table
from firmware_bridge.devices import DEVICE_NAMES
from firmware_bridge.errors import TwinSettingsError
from firmware_bridge.firmware_double import STEP_S, DoubleSettings, FirmwareDouble
from firmware_bridge.onboard_double import OnboardDouble, Unit
from firmware_bridge.setpoints import ThrustConvention, ThrustKind, thrust_kind_of
from firmware_bridge.telemetry import Supervisor
from firmware_bridge.twin_variables import DECKS, Snapshot, parameters
from firmware_bridge.twin_variables import LOG_VARIABLES as READINGS
from sim_core.airframe import Airframe

PROTOCOLS = range(7, 13)

ONLY_FLOWN = {
    "stabilizer.controller": (0, 1),
    "stabilizer.estimator": (0, 2),
    "flightmode.stabModeYaw": (0,),
    "flightmode.althold": (0,),
    "flightmode.poshold": (0,),
    "flightmode.posSet": (0,),
}
"""Parameters that choose what is flown, and those of their values that are."""


@dataclass(frozen=True)
class TwinSettings:
    """What kind of Crazyflie a twin is, and how it differs from others.

    Attributes:
        double: Noise and battery; the link's delays belong to `LinkConditions`.
        protocol: Version that it says it speaks, 7 to 12.
        thrust: Convention of its 16-bit thrust; that of the protocol's time where not given.
        order: Seed to shuffle both tables of contents with.
        without: Log variables and parameters that are missing.
        refused: Parameters that keep their value whatever is written.
        decks: Decks that it says are mounted: "bcFlow2", "bcLighthouse4", "bcLoco", "bcZRanger2".
    """

    double: DoubleSettings = field(
        default_factory=lambda: DoubleSettings(state_delay_s=0.0, command_delay_s=0.0)
    )
    protocol: int = 12
    thrust: ThrustKind | None = None
    order: int | None = None
    without: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    decks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            TwinSettingsError: All faults in one sentence.
        """
        faults = []
        if self.protocol not in PROTOCOLS:
            faults.append(f"protocol: expected 7 to 12, got {self.protocol}")
        if self.thrust not in (None, "linear", "pwm"):
            faults.append(f"thrust: expected linear or pwm, got {self.thrust!r}")
        faults += [
            f"decks: expected one of {', '.join(DECKS)}, got {deck!r}"
            for deck in self.decks
            if deck not in DECKS
        ]
        if faults:
            raise TwinSettingsError(f"twin: {'; '.join(faults)}.")


class TwinDrone:
    """A Crazyflie as a client sees it. Times are its own, in seconds since its start."""

    def __init__(
        self,
        airframe: Airframe,
        settings: TwinSettings,
        start: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0),
        unit: Unit | None = None,
    ) -> None:
        """Switch it on.

        Args:
            airframe: What it is.
            settings: What its firmware is like.
            start: x, y, z [m; W] and yaw [rad].
            unit: The policy that it has on board, if it has one.

        Raises:
            DoubleSettingsError: A start that is no pose.
        """
        self.settings = settings
        self.double, self._app = _double(airframe, settings.double, start, unit)
        self._out: list[Packet] = []
        self._said: set[str] = set()
        self._external: tuple[float, ...] = (0.0,) * 7
        self._memory = MemoryRoom()
        self._velocity, self._velocity_s = np.zeros(3), 0.0
        self._acceleration = np.zeros(3)
        self._thrust = ThrustConvention(
            settings.thrust or thrust_kind_of(settings.protocol), airframe.rotors.thrust_max_n
        )
        loop = airframe.rate_loop
        self.params = ParamRoom(
            [
                *parameters(loop.roll_pitch, loop.yaw, settings.decks, self._thrust.kind),
                *(self._app.parameters if self._app else ()),
            ],
            order=settings.order,
            without=settings.without,
            refused=settings.refused,
        )
        readings = READINGS | (self._app.readings if self._app else {})
        table = make_table(
            (Entry(name, TYPES[kind][0]) for name, (kind, _) in readings.items()),
            order=settings.order,
            without=settings.without,
            limits=bytes([LOG_BLOCKS, LOG_VARIABLES]),
        )
        self._snapshot: Snapshot | None = None
        self.logs = LogRoom(table, lambda name: readings[name][1](self._now()))
        self._commander = Commander(
            CommanderContext(
                self._thrust,
                self.params.__getitem__,
                lambda: self.double.idle(0),
                self._pose,
                self._memory.trajectory_bytes,
                self.say,
            )
        )
        self._supervisor = SupervisorRoom(
            self.double, self.say_again, lambda: bool(self.params["commander.enHighLevel"])
        )
        if self._app:
            self._app.listen(self.params)
        self.params.on_write("memTst.resetW", lambda _: self._memory.forget())
        self.params.on_write("stabilizer.stop", lambda on: self._supervisor.stop() if on else None)
        self.params.on_write("kalman.resetEstimation", lambda on: self._begin() if on else None)
        for name, flown in ONLY_FLOWN.items():
            self.params.on_write(name, partial(self._not_simulated, name, flown))
        for axis in ("roll", "pitch", "yaw"):
            for gain in ("kp", "ki", "kd"):
                self.params.on_write(f"pid_rate.{axis}_{gain}", partial(self._tune, axis, gain))

    @property
    def time_s(self) -> float:
        """Its time."""
        return self.double.time_s

    @property
    def device_name(self) -> str:
        """What kind of drone it says it is."""
        platform = self.double.airframe.platform
        return DEVICE_NAMES.get(platform, platform)

    @property
    def ready(self) -> bool:
        """It is up as soon as it is there."""
        return True

    def close(self) -> None:
        """It holds nothing."""

    def say(self, text: str) -> None:
        """Send a text to the client's console, once."""
        if text not in self._said:
            self._said.add(text)
            self.say_again(text)

    def say_again(self, text: str) -> None:
        """Send a text to the client's console, however often it was said."""
        data = text.encode("latin-1", "replace")
        for at in range(0, len(data), MAX_PAYLOAD):
            self._out.append(Packet(Port.CONSOLE, 0, data[at : at + MAX_PAYLOAD]))

    def advance(self, to_s: float) -> list[tuple[float, Packet]]:
        """Fly on to a time; log blocks are taken when they are due.

        Returns:
            What it sends on the way, and when.
        """
        sent = []
        while (due_ms := self.logs.next_due_ms()) is not None and due_ms <= 1000.0 * to_s + 1e-6:
            self._fly(due_ms / 1000.0)
            blocks = self.logs.due(due_ms)
            sent += [(due_ms / 1000.0, Packet(Port.LOG, 2, block)) for block in blocks]
        self._fly(to_s)
        sent += [(to_s, packet) for packet in self._out]
        self._out.clear()
        return sent

    def next_due_s(self) -> float | None:
        """When it next has something to say by itself, if ever."""
        due_ms = self.logs.next_due_ms()
        return None if due_ms is None else due_ms / 1000.0

    def take(self, packet: Packet) -> list[Packet]:
        """Take a packet now; returns what is answered at once."""
        answer = self._answer(packet)
        answers = [] if answer is None else [Packet(packet.port, packet.channel, answer)]
        answers += self._out
        self._out.clear()
        return answers

    def _answer(self, packet: Packet) -> bytes | None:
        port, channel, data = packet.port, packet.channel, packet.payload
        self._snapshot = None  # an order may change what is said of the drone
        if port == Port.LINK:
            return self._link(channel, data)
        if port == Port.PLATFORM:
            return self._platform(channel, data)
        if port == Port.LOG:
            if channel == 0:
                return self.logs.table.answer(data)
            return self.logs.command(data, round(1000.0 * self.time_s)) if channel == 1 else None
        if port == Port.PARAM:
            rooms = (self.params.table.answer, self.params.read, self.params.write)
            return (*rooms, self.params.misc)[channel](data)
        if port == Port.MEMORY:
            return self._memory.answer(channel, data)
        if port in (Port.COMMANDER, Port.SETPOINT, Port.HIGH_LEVEL):
            for order in self._commander.orders(packet):
                self.double.send(0, order, self.time_s)
        elif port == Port.LOCALIZATION:
            self._localize(channel, data)
        elif port == Port.SUPERVISOR:
            return self._supervisor.answer(channel, data, self.time_s)
        return None

    def _link(self, channel: int, data: bytes) -> bytes | None:
        if channel == 0:
            return data  # an echo, by which clients measure latency
        if channel == 1:
            return b"Bitcraze Crazyflie".ljust(MAX_PAYLOAD, b"\0")
        return b"" if channel == 3 else None  # is anybody there?

    def _platform(self, channel: int, data: bytes) -> bytes | None:
        if channel == APP_CHANNEL and self._app:
            self._app.hear(round(1000.0 * self.time_s))
        if channel == 0:
            return self._supervisor.answer_old(data, self.time_s)
        answers = {0: bytes([self.settings.protocol]), 1: b"martlet twin"}
        answers[2] = self.device_name.encode("latin-1")
        if channel != 1 or not data or data[0] not in answers:
            return None
        return data[:1] + answers[data[0]]

    def _not_simulated(self, name: str, flown: tuple[int, ...], value: float) -> None:
        """Say so where a parameter chooses what this firmware has not."""
        if value not in flown:
            self.say(f"{name} = {value:g} is not simulated: it flies on as before\n")

    def _tune(self, axis: str, gain: str, value: float) -> None:
        """Gains of the rate loop; the core has one set for roll and pitch."""
        if axis == "pitch":
            if value != self.params[f"pid_rate.roll_{gain}"]:
                self.say(f"pid_rate.pitch_{gain} is not simulated apart from roll's, which flies\n")
            return
        self.double.tune(0, f"rate_{'yaw' if axis == 'yaw' else 'pitch_roll'}_{gain}", value)
        if not self.double.idle(0):
            self.say("pid_rate: new gains fly from the next time that the motors are off\n")

    def _begin(self) -> None:
        """The estimator's reset."""
        self.double.begin_estimate(0, [self.params[f"kalman.initial{axis}"] for axis in "XYZ"])

    def _localize(self, channel: int, data: bytes) -> None:
        """External positions and poses; and the emergency stop of older protocols."""
        if channel == 0 and len(data) == 12:
            self._see((*struct.unpack("<fff", data), *self._external[3:]))
        elif channel == 1 and data[:1] == b"\x08" and len(data) == 29:
            self._see(struct.unpack("<fffffff", data[1:]))
        elif channel == 1:
            self._supervisor.answer_localization(data, self.time_s)

    def _see(self, pose: tuple[float, ...]) -> None:
        if np.isfinite(pose).all():
            self._external = pose
            self.double.see_pose(0, pose[:3], self.params["locSrv.extPosStdDev"])

    def _fly(self, to_s: float) -> None:
        if round(to_s / STEP_S) <= round(self.time_s / STEP_S):
            return
        self._supervisor.watch(to_s)
        self.double.advance(to_s)
        self._supervisor.tell()
        self._snapshot = None
        elapsed = self.time_s - self._velocity_s
        if elapsed >= 0.01 - 1e-9:
            velocity = self.double.truth[0, 7:10].astype(np.float64)
            self._acceleration = (velocity - self._velocity) / elapsed
            self._velocity, self._velocity_s = velocity, self.time_s

    def _now(self) -> Snapshot:
        if self._snapshot is None:
            heard = self.double.telemetry()
            self._snapshot = Snapshot(
                state=heard.states[0],
                acceleration_W=self._acceleration,
                thrust_counts=self._thrust.counts(self.double.commanded_thrust_n(0)),
                battery_v=float(heard.battery_v[0]),
                battery_share=float(heard.battery_share[0]),
                supervisor=self.supervisor(),
                external=self._external,
                variance_m2=self.double.position_variance_m2(0),
                wrong_writes=self._memory.wrong,
            )
        return self._snapshot

    def supervisor(self) -> Supervisor:
        """What it says of itself."""
        return self._supervisor.state()

    def _pose(self) -> Pose:
        way = self.double.way(0)
        if way is not None:
            return way.at(self.time_s)
        return self.double.pose(0)


def _double(
    airframe: Airframe,
    settings: DoubleSettings,
    start: tuple[float, float, float, float],
    unit: Unit | None,
) -> tuple[FirmwareDouble, AppRoom | None]:
    """The drone, and its app where it has one."""
    if unit is None:
        return FirmwareDouble(airframe, settings, [start]), None
    double = OnboardDouble(airframe, settings, [start], [unit])
    return double, AppRoom(double.apps[0])
