# SPDX-License-Identifier: Apache-2.0
"""One Crazyflie over cflib, which is handed in: `cflib_link` alone imports it.

cflib calls back on threads of its own, which only leave word in a `Record`; orders leave through a
`Sender`. Body rates travel on port 3, for which the firmware is set to rates as long as the link is
open, or as manual set-points where it cannot be set.
"""

import math
import os
import struct
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from firmware_bridge.cflib_params import ANSWER_S, CflibParameters
from firmware_bridge.crtp_memory import TRAJECTORY
from firmware_bridge.crtp_packets import Packet, Port
from firmware_bridge.devices import DEVICE_NAMES
from firmware_bridge.drone_firmware import ARMS_ITSELF
from firmware_bridge.drone_fit import doubts, thrust_read
from firmware_bridge.drone_setup import LinkSettings, set_up
from firmware_bridge.errors import LinkError, TelemetryError
from firmware_bridge.external_pose import ExternalPose, pose_packet
from firmware_bridge.heard import Record
from firmware_bridge.link_faults import sentence_of
from firmware_bridge.link_statistics import LinkStatistics
from firmware_bridge.onboard_link import (
    ENGAGE,
    REASON,
    STATUS,
    TASK,
    OnboardRemote,
    check_on_board,
)
from firmware_bridge.orders import Arm, Emergency, Order, Stop
from firmware_bridge.sender import Sender
from firmware_bridge.setpoints import (
    SetpointEncoder,
    Style,
    ThrustConvention,
    ThrustKind,
    unlock_thrust,
)
from firmware_bridge.telemetry import STATE_VARIABLES, Supervisor, state_of
from sim_core.airframe import Airframe

OLDEST_PROTOCOL = 7
SILENCE_S = 5.0
"""So long may a drone that is being connected to say nothing."""

SLOW_MS = 50
FLUSH_S = 2.0


@dataclass(frozen=True)
class LinkReport:
    """What is known of one drone and the way to it; for people.

    Attributes:
        uri: Where it is.
        device: What it says it is; empty where it does not say.
        protocol: Version that its firmware speaks.
        thrust: What 16 bits of thrust mean to it.
        style: How body rates travel to it.
        round_trip_s: Median, of a packet that came back.
        fault: Why nothing more will be heard; empty while there is hope.
        notice: What is wrong that may pass; empty where nothing is.
        statistics: How good the link was of late.
        doubts: What speaks against flying it as it is taken for.
    """

    uri: str
    device: str
    protocol: int
    thrust: ThrustKind
    style: Style
    round_trip_s: float
    fault: str
    notice: str = ""
    statistics: LinkStatistics = field(default_factory=LinkStatistics)
    doubts: tuple[str, ...] = ()


def cache_folder() -> Path:
    """Where tables of contents are kept: in the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "martlet" / "crazyflie"


class CflibDrone:
    """One drone and the way to it."""

    def __init__(
        self,
        library: Any,
        uri: str,
        airframe: Airframe,
        settings: LinkSettings,
        clock: Callable[[], float],
    ) -> None:
        """Nothing is sent yet.

        Args:
            library: cflib, imported.
            uri: Where the drone is.
            airframe: What it is to be.
            settings: How to talk to it.
            clock: The flight's.
        """
        self.record = Record(arms_itself=airframe.platform in ARMS_ITSELF)
        self.ground_m = 0.0
        self._library, self._uri, self._airframe = library, uri, airframe
        self._settings, self._clock = settings, clock
        self._ready = threading.Event()
        self._heard_s = clock()
        self._device = ""
        self._named = threading.Event()
        self._parameters: CflibParameters | None = None
        self._doubts: tuple[str, ...] = ()
        self._encoder: SetpointEncoder | None = None
        self._sender: Sender | None = None
        self._remote: OnboardRemote | None = None
        self._polls = False
        self._cf: Any = None

    def open(self) -> None:
        """Begin to connect."""
        folder = self._settings.cache or cache_folder()
        folder.mkdir(parents=True, exist_ok=True)
        cf = self._cf = self._library.crazyflie.Crazyflie(rw_cache=str(folder))
        cf.fully_connected.add_callback(lambda _: self._ready.set())
        cf.connection_failed.add_callback(self._lost)
        cf.connection_lost.add_callback(self._lost)
        cf.packet_received.add_callback(self._on_packet)
        cf.add_header_callback(self._on_echo, Port.LINK, 0)
        cf.add_header_callback(self._on_version, Port.PLATFORM, 1)
        cf.add_header_callback(self._on_supervisor, Port.SUPERVISOR, 0)
        cf.link_statistics.link_quality_updated.add_callback(
            lambda percent: self.record.hear_quality(float(percent) / 100.0)
        )
        self._heard_s = self._clock()
        cf.open_link(self._uri)

    def prepare(self) -> None:
        """Wait for the connection; see what the drone is, set it, and listen to it."""
        self._await_connection()
        protocol = self._cf.platform.get_protocol_version()
        if protocol < OLDEST_PROTOCOL:
            raise self._refusal(
                f"its firmware speaks protocol {protocol}; expected {OLDEST_PROTOCOL} or newer:"
                " update it"
            )
        self._check_device()
        self._parameters = CflibParameters(self._cf.param, self._refusal)
        style = set_up(self._parameters, self._settings, self._refusal)
        self._doubts = doubts(self._parameters, self._airframe, self._settings.thrust, protocol)
        kind = self._settings.thrust or thrust_read(self._parameters, protocol)
        if self._settings.onboard is not None:
            check_on_board(self._parameters, self._settings.onboard, kind, self._refusal)
            self._remote = OnboardRemote({n: self._parameters.number(n) for n in (ENGAGE, TASK)})
        convention = ThrustConvention(kind, self._airframe.rotors.thrust_max_n)
        memories = [memory.id for memory in self._cf.mem.get_mems(TRAJECTORY)]
        self._encoder = SetpointEncoder(protocol, convention, style, next(iter(memories), None))
        self._listen()
        self._check_boot()
        self._sender = Sender(self._transmit, f"to {self._uri}")
        if not self.flying():
            self.ground_m = float(self.record.now()[0].state[2])

    def send(self, order: Order) -> None:
        """Hand an order to the sender."""
        if self._encoder is None or self._sender is None or self.record.now()[0].fault:
            return
        packets = self._encoder.packets(order)
        if isinstance(order, Arm) and order.armed and not self.flying():
            packets = (*packets, *unlock_thrust())
        if self._remote is None:
            self._sender.put(order, packets)
        else:
            for of, some in self._remote.sendings(order, packets, self._clock()):
                self._sender.put(of, some)
        if isinstance(order, Arm):
            self.record.assume(armed=order.armed, flying=False)
        elif isinstance(order, Stop | Emergency):
            self.record.assume(armed=isinstance(order, Stop), flying=False)

    def flush(self, timeout_s: float) -> None:
        """Wait until what was handed to the sender has been sent, at most for so long."""
        if self._sender is not None:
            self._sender.flush(timeout_s)

    def place(self, pose: ExternalPose) -> None:
        """Tell it where something outside sees it; returns at once, the newest counts."""
        if self._sender is not None and not self.record.now()[0].fault:
            self._sender.put_newest(pose_packet(pose))

    def take_returned(self) -> str:
        """Why its policy on board gave it back by itself; once, empty where it did not."""
        return self._remote.take_returned(self._clock()) if self._remote is not None else ""

    def flying(self) -> bool:
        """Whether it says that it flies, and can still be heard."""
        heard, said = self.record.now()
        return said.flying and not heard.fault

    @property
    def fault(self) -> str:
        """Why nothing more will be heard of it; empty while there is hope."""
        return self.record.now()[0].fault

    @property
    def notice(self) -> str:
        """What is wrong that may pass; empty where nothing is."""
        return self.record.now()[0].notice

    def report(self) -> LinkReport:
        """For people; its statistics take milliseconds, which nobody has in flight."""
        encoder = self._encoder
        if encoder is None:
            raise self._refusal("it is not connected yet")
        return LinkReport(
            self._uri,
            self._device,
            encoder.protocol,
            encoder.thrust.kind,
            encoder.style,
            self.record.clock.round_trip_s,
            self.record.now()[0].fault,
            self.record.now()[0].notice,
            self.record.statistics(),
            self._doubts,
        )

    def close(self) -> None:
        """Set back what was set, and let go."""
        self.flush(FLUSH_S)
        if self._sender is not None:
            self._sender.close()
        if self._cf is None:
            return
        if not self.record.now()[0].fault:
            if self._parameters is not None:
                self._parameters.restore()
            self._cf.log.reset()
        self._cf.close_link()
        self._cf = None

    # Connecting

    def _await_connection(self) -> None:
        until = self._clock() + self._settings.connect_s
        while not self._ready.wait(0.05):
            fault, now_s = self.record.now()[0].fault, self._clock()
            if fault:
                raise LinkError(fault)
            if now_s - self._heard_s > SILENCE_S:
                raise LinkError(sentence_of(self._uri, "Connection refused"))
            if now_s > until:
                raise self._refusal(
                    f"not connected after {self._settings.connect_s:g} s: the link is too slow"
                )

    def _check_device(self) -> None:
        """Refuse another kind of drone; a firmware that does not say is taken at its word."""
        self._transmit(Packet(Port.PLATFORM, 1, b"\2"))
        self._named.wait(0.5)
        wanted = DEVICE_NAMES.get(self._airframe.platform, self._airframe.platform)
        if self._device in DEVICE_NAMES.values() and self._device != wanted:
            raise self._refusal(
                f"it is a {self._device}; expected a {wanted}, for airframe {self._airframe.name}"
            )

    # Listening

    def _listen(self) -> None:
        self._log("state", 10, STATE_VARIABLES, self._on_state)
        slow = [("pm.vbat", "float"), ("pm.batteryLevel", "uint8_t")]
        if self._remote is not None:
            slow += [(STATUS, "uint8_t"), (REASON, "uint8_t")]
        says = [("supervisor.info", "uint16_t")]
        if not self._logs("supervisor.info"):
            says = [("sys.isFlying", "uint8_t"), ("sys.armed", "uint8_t")]
            self._polls = self._cf.platform.get_protocol_version() >= 12
        there = [(name, kind) for name, kind in (*slow, *says) if self._logs(name)]
        if there:
            self._log("slow", SLOW_MS, there, self._on_slow)
        until = self._clock() + ANSWER_S
        while math.isinf(self.record.now()[0].arrival_s):
            if self._clock() > until:
                raise self._refusal(f"it logs nothing: no state came in {ANSWER_S:g} s")
            time.sleep(0.005)

    def _check_boot(self) -> None:
        """Refuse a drone whose policy has not passed its own check."""
        if self._remote is None:
            return
        until = self._clock() + ANSWER_S
        while not self._remote.heard:
            if self._clock() > until:
                raise self._refusal(f"it does not log {STATUS}: nothing came in {ANSWER_S:g} s")
            time.sleep(0.005)
        if why := self._remote.refused:
            raise self._refusal(f"its policy did not pass its check at boot: {why}; flash it anew")

    def _logs(self, name: str) -> bool:
        return self._cf.log.toc.get_element_by_complete_name(name) is not None

    def _log(
        self,
        name: str,
        period_ms: int,
        variables: Sequence[tuple[str, str]],
        take: Callable[[int, Any, Any], None],
    ) -> None:
        missing = [variable for variable, _ in variables if not self._logs(variable)]
        if missing:
            raise self._refusal(f"its firmware does not log {', '.join(missing)}: update it")
        block = self._library.crazyflie.log.LogConfig(name, period_ms)
        for variable, kind in variables:
            block.add_variable(variable, kind)
        block.data_received_cb.add_callback(take)
        self._cf.log.add_config(block)
        block.start()

    def _on_state(self, drone_ms: int, values: Any, _: Any) -> None:
        arrival_s = self._clock()
        try:
            self.record.hear_state(state_of(values), drone_ms, arrival_s)
        except TelemetryError as error:
            self.record.lose(f"{self._uri}: {error}")

    def _on_slow(self, _: int, values: Any, __: Any) -> None:
        share = float(values.get("pm.batteryLevel", math.nan)) / 100.0
        self.record.hear_battery(float(values.get("pm.vbat", math.nan)), share)
        if self._remote is not None and STATUS in values and REASON in values:
            self._remote.hear(int(values[STATUS]), int(values[REASON]))
        if "supervisor.info" in values:
            self.record.hear_supervisor(Supervisor.of_bits(values["supervisor.info"]))
        elif self._polls:
            self._transmit(Packet(Port.SUPERVISOR, 0, b"\x0c"))
        elif "sys.isFlying" in values:
            armed = bool(values.get("sys.armed", self.record.now()[1].armed))
            self.record.assume(armed=armed, flying=bool(values["sys.isFlying"]))

    def _on_packet(self, _: Any) -> None:
        self._heard_s = self._clock()

    def _on_echo(self, packet: Any) -> None:
        if len(packet.data) == 9:
            (sent_s,) = struct.unpack("<d", bytes(packet.data[1:]))
            self.record.hear_echo(time.time() - sent_s, self._clock())

    def _on_version(self, packet: Any) -> None:
        if packet.data[:1] == b"\2":
            self._device = bytes(packet.data[1:]).split(b"\0")[0].decode("latin-1")
            self._named.set()

    def _on_supervisor(self, packet: Any) -> None:
        if len(packet.data) >= 3 and packet.data[0] == 0x8C:
            bits = int.from_bytes(bytes(packet.data[1:3]), "little")
            self.record.hear_supervisor(Supervisor.of_bits(bits))

    def _lost(self, _: str, text: str) -> None:
        self.record.lose(sentence_of(self._uri, text))

    def _refusal(self, why: str) -> LinkError:
        fault = self.record.now()[0].fault
        return LinkError(fault or f"{self._uri}: {why}.")

    def _transmit(self, packet: Packet) -> None:
        """One packet through cflib; may block while the radio is busy."""
        out = self._library.crtp.crtpstack.CRTPPacket()
        out.set_header(int(packet.port), packet.channel)
        out.data = bytearray(packet.payload)
        self._cf.send_packet(out)
