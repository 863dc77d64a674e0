# SPDX-License-Identifier: Apache-2.0
"""Our physics behind the real Crazyflie firmware built for Linux, in the double's place.

The firmware is a process of its own. It says hello to a port of this machine, sends what its
motors are to do, and wants to hear its IMU at 1 kHz and an external pose at 100 Hz; everything else
that it sends or takes is between it and the client. It knows the wall's time alone, which is passed
in here.

Two generations differ in where the simulator's packets go (port 9, until the supervisor took that),
and in what a motor command means. The firmware's own version of the protocol tells which it is.
"""

import math
import socket
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.crtp_packets import Packet, Port, decode
from firmware_bridge.devices import DEVICE_NAMES
from firmware_bridge.drone_firmware import ARMS_ITSELF
from firmware_bridge.errors import TwinError, TwinSettingsError
from firmware_bridge.external_pose import ExternalPose, pose_packet
from firmware_bridge.firmware_double import (
    STEP_S,
    DoubleSettings,
    core_parameters,
    estimate_noise,
)
from firmware_bridge.setpoints import ThrustKind, thrust_kind_of
from firmware_bridge.sitl_packets import (
    answers,
    imu_packet,
    is_calibrated,
    is_question,
    motor_counts,
)
from sim_core import _core
from sim_core.airframe import Airframe

HOST = "127.0.0.1"

IMU_S = 0.001
POSE_S = 0.01
ASK_S = 0.1
WATCH_S = 0.1
HELLO_S = 10.0
"""So long may a firmware take from its start to its hello."""

ANSWER_S = 5.0
STARTS = 4
"""So often is a firmware started that says hello and then nothing for so long: CrazySim's sometimes
comes to a stand in its first second (seen on a busy machine)."""

CALIBRATE_S = 4.0
"""1024 samples and a second are what its gyro wants at rest; it says so when it is done, or this
long is enough."""

PATIENCE_S = 0.02
"""A firmware that turns its motors sends a command a millisecond. When none has come for so long
the machine has stalled it, and the body waits rather than fall by commands that nobody gave."""

AHEAD = 3
"""So many samples may be under way to a firmware whose motors turn: each makes it send a command,
and what piles up while the machine stalls it would push others out of its queue of five."""

REPEAT_S = 0.5
"""A question that has no answer by then was lost in the firmware's short queue, and is repeated, as
a radio would have. Nothing else repeats it, and a client would wait for ever."""

LOOP_S = 0.004
"""What this firmware's own gyro filter (80 Hz, second order: 2.8 ms) and a millisecond of travel
add to its rate loop. The dead time of airframes holds that already (imu.hpp): it is shortened."""

HELLO = b"\xf3"
"""Said and answered so to the bit, where all else leaves two bits of the header to the link."""

_VERSION, _DEVICE = b"\0", b"\2"  # questions of port 13, channel 1


@dataclass(frozen=True)
class FirmwareSettings:
    """How the world of a real firmware differs from a perfect one.

    Attributes:
        double: Noise of the external pose, battery and seed; the delays belong to the link.
        thrust: What a motor command means; by the firmware's protocol where not given.
    """

    double: DoubleSettings
    thrust: ThrustKind | None = None


class FirmwareProcess(Protocol):
    """What runs a firmware."""

    def start(self, port: int) -> None:
        """Start it, with a port of this machine to say hello to; what ran before is ended."""

    def fault(self) -> str | None:
        """How it ended, in a sentence, if it has."""


class FirmwareDrone:
    """One firmware and the body that it flies, as `TwinServer` wants them."""

    def __init__(
        self,
        airframe: Airframe,
        settings: FirmwareSettings,
        start: Sequence[float],
        process: FirmwareProcess | None = None,
    ) -> None:
        """Open a port for the firmware; its process is started when time begins.

        Args:
            airframe: What it flies.
            settings: See there.
            start: x, y, z [m; W] and yaw [rad].
            process: The firmware's; none where it is not ours to start.

        Raises:
            TwinSettingsError: A start that is no pose.
        """
        if len(start) != 4 or not np.isfinite(start).all():
            raise TwinSettingsError(f"twin: expected a start of x, y, z and yaw, got {start}.")
        self.process = process
        self.protocol: int | None = None
        self.ready = False
        self.waited_s = 0.0
        self._airframe, self._settings, self._start = airframe, settings, tuple(start)
        self._sim: _core.FirmwareSim | None = None
        self._born_s = self._now_s = self._ask_s = self._watch_s = 0.0
        self._started_s, self._starts = -math.inf, 0
        self._calibrate_s, self._commanded_s = math.inf, -math.inf
        self._sent_s, self._unheard = -math.inf, 0
        self._imu_s = self._pose_s = math.inf
        self._address: tuple[str, int] | None = None
        self._for_firmware: deque[Packet] = deque()
        self._for_client: list[Packet] = []
        self._asked: list[tuple[float, Packet]] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind((HOST, 0))

    @property
    def port(self) -> int:
        """Where the firmware finds us, on 127.0.0.1."""
        return int(self._socket.getsockname()[1])

    @property
    def time_s(self) -> float:
        """How far it has come."""
        return self._now_s

    @property
    def truth(self) -> NDArray[np.float32]:
        """Where the drone is, as neither firmware nor client know it, shape (1, 13)."""
        return self._body().truth

    def take(self, packet: Packet) -> list[Packet]:
        """Pass on what a client says, one a millisecond; the firmware's queue is short."""
        self._for_firmware.append(packet)
        return []

    def next_due_s(self) -> float:
        """When it next has something to do by itself."""
        return min(self._imu_s, max(self._ask_s, self._now_s))

    def advance(self, to_s: float) -> list[tuple[float, Packet]]:
        """Fly on to a time, with the motor commands that have come by now.

        Returns:
            What the firmware sent to the client meanwhile.

        Raises:
            TwinError: The firmware ended, is silent, or is for another kind of drone.
        """
        self._now_s = max(self._now_s, to_s)
        self._listen()
        if self._now_s >= self._watch_s:
            self._watch()
        if self._sim is None:
            self._ask()
        else:
            self._move(self._sim)
            self._feed(self._sim)
        sent = [(to_s, packet) for packet in self._for_client]
        self._for_client.clear()
        return sent

    def close(self) -> None:
        """Close the port."""
        self._socket.close()

    # From the firmware

    def _listen(self) -> None:
        while True:
            try:
                datagram, self._address = self._socket.recvfrom(64)
            except BlockingIOError:
                return
            except ConnectionError:  # it is gone; whoever watches the process says so
                continue
            packet = decode(datagram)
            if packet is not None:
                self._hear(packet)

    def _hear(self, packet: Packet) -> None:
        if packet.is_null:
            if not self.ready:
                self._send_bytes(HELLO)
        elif (counts := motor_counts(packet)) is not None:
            if self._sim is not None:
                if math.isinf(self._commanded_s):
                    self.waited_s = 0.0
                self._commanded_s, self._unheard = self._now_s, 0
                self._sim.set_motors(0, counts)
        elif is_calibrated(packet):
            self.ready = self._sim is not None
        elif not self.ready and (packet.port, packet.channel) == (Port.PLATFORM, 1):
            self._learn(packet.payload)
        else:
            self._asked = [asked for asked in self._asked if not answers(packet, asked[1])]
            self._for_client.append(packet)

    def _learn(self, answer: bytes) -> None:
        """What the firmware says of itself, before any client asks.

        Raises:
            TwinError: It is for another kind of drone than the airframe.
        """
        platform = self._airframe.platform
        wanted = DEVICE_NAMES.get(platform, platform)
        device = answer[1:].split(b"\0")[0].decode("latin-1")
        if answer[:1] == _DEVICE and device in DEVICE_NAMES.values() and device != wanted:
            raise TwinError(
                f"firmware: it is built for a {device}; expected a {wanted}, for airframe"
                f" {self._airframe.name}."
            )
        if answer[:1] == _VERSION and len(answer) > 1 and self._sim is None:
            self.protocol = answer[1]
            self._begin(self._settings.thrust or thrust_kind_of(self.protocol))

    def _begin(self, kind: ThrustKind) -> None:
        """Set the body on the floor: from now on the firmware feels it.

        Raises:
            TwinError: It is brushless, and the firmware knows brushed motors alone.
        """
        airframe, double = self._airframe, self._settings.double
        if kind == "pwm" and airframe.platform not in ARMS_ITSELF:
            raise TwinError(
                f"firmware: its motor commands are PWM of brushed motors (protocol"
                f" {self.protocol}); expected an airframe with such, got {airframe.name}."
            )
        parameters = core_parameters(airframe, double)
        values = dict(zip(_core.PARAMETER_NAMES, parameters, strict=True))
        values["pwm_firmware"] = np.float32(kind == "pwm")
        values["rotor_dead_time_s"] = max(values["rotor_dead_time_s"] - LOOP_S, 0.0)
        row = np.array([[values[name] for name in _core.PARAMETER_NAMES]], np.float32)
        self._sim = _core.FirmwareSim(row, estimate_noise(double), double.seed)
        self._sim.place(0, self._start[:3], self._start[3])
        self._born_s = self._imu_s = self._pose_s = self._now_s
        self._ask_s = math.inf
        self._calibrate_s = self._now_s + CALIBRATE_S

    # To the firmware

    def _move(self, body: _core.FirmwareSim) -> None:
        due_s = self._now_s - self._born_s - body.time_s
        if self._now_s - self._commanded_s > PATIENCE_S:
            self._born_s += due_s
            self.waited_s += due_s
        elif (steps := math.floor(due_s / STEP_S + 1e-6)) > 0:
            body.step(steps)

    def _feed(self, body: _core.FirmwareSim) -> None:
        if self._now_s < self._imu_s:
            return
        flying = not math.isinf(self._commanded_s)
        if flying and self._unheard >= AHEAD and self._now_s - self._sent_s < PATIENCE_S:
            self._imu_s = self._now_s + IMU_S
            return
        self._sent_s, self._unheard = self._now_s, self._unheard + 1
        self._imu_s = max(self._imu_s + IMU_S, self._now_s - IMU_S)  # what is late is left out
        self._send(imu_packet(body.felt[0], self.protocol or 0))
        if self._now_s >= self._pose_s:
            self._pose_s = max(self._pose_s + POSE_S, self._now_s)
            seen = body.estimate[0].tolist()
            self._send(pose_packet(ExternalPose(tuple(seen[:3]), tuple(seen[3:7]))))
        self.ready = self.ready or self._now_s > self._calibrate_s
        if self.ready:
            self._pass_on()

    def _pass_on(self) -> None:
        """Send one packet of the client's, or one again."""
        if self._asked and self._asked[0][0] < self._now_s:
            _, packet = self._asked.pop(0)
        elif self._for_firmware:
            packet = self._for_firmware.popleft()
        else:
            return
        self._send(packet)
        if is_question(packet):
            self._asked.append((self._now_s + REPEAT_S, packet))

    def _ask(self) -> None:
        """Ask what it is, until it answers; before its hello there is nobody to ask."""
        if self._now_s < self._ask_s:
            return
        self._ask_s = self._now_s + ASK_S
        if self._now_s - self._started_s > (HELLO_S if self._address is None else ANSWER_S):
            self._launch()
        for question in (_DEVICE, _VERSION):
            self._send(Packet(Port.PLATFORM, 1, question))

    def _launch(self) -> None:
        """Start the firmware, or start it again.

        Raises:
            TwinError: It was silent too long, or too often.
        """
        if self._starts and self._address is None:
            raise TwinError(
                f"firmware: expected its hello within {HELLO_S:g} s, got none: is it a Crazyflie"
                " firmware built for Linux?"
            )
        if self._starts == STARTS:
            raise TwinError(
                f"firmware: expected its protocol version within {ANSWER_S:g} s of its hello, got"
                f" none in {STARTS} starts."
            )
        self._started_s, self._address = self._now_s, None
        self._starts += 1
        if self.process is not None:
            self.process.start(self.port)

    def _send(self, packet: Packet) -> None:
        self._send_bytes(packet.encode())

    def _send_bytes(self, datagram: bytes) -> None:
        if self._address is not None:
            try:
                self._socket.sendto(datagram, self._address)
            except (BlockingIOError, ConnectionError):
                return  # it reads too slowly, or is gone: `_watch` knows

    def _watch(self) -> None:
        """See that the process is alive.

        Raises:
            TwinError: It is not.
        """
        self._watch_s = self._now_s + WATCH_S
        fault = self.process and self.process.fault()
        if fault:
            raise TwinError(fault)

    def _body(self) -> _core.FirmwareSim:
        if self._sim is None:
            raise TwinError("firmware: expected its hello before anything flies, got none yet.")
        return self._sim
