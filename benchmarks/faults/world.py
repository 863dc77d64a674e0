# SPDX-License-Identifier: Apache-2.0
"""Where the faults strike: a backend and its drones, in the simulator's time or over the twin.

Both hold the objects that the nodes hold, `Backend` with its guards in front of `FirmwareDouble`,
or `Crazyflies` in front of cflib, CRTP over UDP and a `TwinServer`; what ROS would carry is handed
on.
"""

import dataclasses
import random
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from firmware_bridge.cflib_link import CflibLink
from firmware_bridge.crtp_drone import TwinDrone, TwinSettings
from firmware_bridge.crtp_link import LinkConditions, Pipe
from firmware_bridge.crtp_server import TwinServer
from firmware_bridge.errors import LinkError
from firmware_bridge.firmware_double import DoubleSettings, FirmwareDouble
from firmware_bridge.guard_rules import GuardLimits
from firmware_bridge.link import Telemetry
from firmware_bridge.orders import Order, Streamed
from martlet_nodes.backend import Backend
from martlet_nodes.crazyflie_backend import Crazyflies
from sim_core.airframe import Airframe, load_airframe
from sim_core.tasks import CONTROL_DT

from .ending import SpoiledError
from .estimate import bend

AIRFRAME = "cf21_brushless"
SMALL_BATTERY = 0.1
"""Share of its capacity that a battery has that is to run out in flight: a minute of hover."""

NEVER = float("inf")


class FaultyLink:
    """A link that loses, delays, or is dead; a `FleetLink` in front of another.

    Attributes:
        loss: Share of streamed commands and of states that never arrive.
        late_s: What it delays, each way.
        dead: Rows that nothing reaches, and that are not heard.
        pose_lost_s: When motion capture saw a drone last; infinite while it does.
    """

    def __init__(self, link: Any, count: int, seed: int) -> None:
        """Begin without a fault."""
        self.loss, self.late_s, self.pose_lost_s = 0.0, 0.0, NEVER
        self.dead: set[int] = set()
        self._link, self._count = link, count
        self._chance = random.Random(seed)
        self._under_way: deque[tuple[float, Telemetry]] = deque()
        self._rows: list[tuple[float, Telemetry] | None] = [None] * count

    def send(self, drone: int, order: Order, now_s: float) -> None:
        """Send an order, unless it is lost."""
        if drone in self.dead:
            return
        if isinstance(order, Streamed) and self._chance.random() < self.loss:
            return
        self._link.send(drone, order, now_s + self.late_s)

    def hear(self, telemetry: Telemetry, now_s: float) -> Telemetry:
        """What arrives of what the drones say now; of a row that is lost, what came before."""
        self._under_way.append((now_s + self.late_s, telemetry))
        while self._under_way and self._under_way[0][0] <= now_s + 1e-9:
            _, arrived = self._under_way.popleft()
            for row in range(self._count):
                lost = row in self.dead or self._chance.random() < self.loss
                if not lost or self._rows[row] is None:
                    self._rows[row] = (arrived.stamp_s - float(arrived.age_s[row]), arrived)
        rows = [row for row in self._rows if row is not None]
        if len(rows) < self._count:
            return telemetry
        columns = {
            field.name: np.array(
                [getattr(heard, field.name)[i] for i, (_, heard) in enumerate(rows)]
            )
            for field in dataclasses.fields(Telemetry)
            if field.name not in ("stamp_s", "age_s", "pose_age_s")
        }
        ages = np.array([telemetry.stamp_s - taken_s for taken_s, _ in rows], dtype=np.float32)
        return self.aged(Telemetry(stamp_s=telemetry.stamp_s, age_s=ages, **columns))

    def aged(self, telemetry: Telemetry) -> Telemetry:
        """With what motion capture's node knows: how long ago it saw each drone."""
        if self.pose_lost_s == NEVER:
            return telemetry
        age_s = np.full(self._count, telemetry.stamp_s - self.pose_lost_s, dtype=np.float32)
        return dataclasses.replace(telemetry, pose_age_s=age_s)


class SimWorld:
    """Drones in the simulator's time."""

    where = "sim"

    def __init__(self, drones: int, *, seed: int = 0, small_battery: bool = False) -> None:
        """Put them on the floor, a metre apart."""
        self.names = [f"cf{i + 1}" for i in range(drones)]
        airframe = _airframe(small_battery=small_battery)
        starts = [(0.0, 1.0 * i, 0.0, 0.0) for i in range(drones)]
        self._double = FirmwareDouble(airframe, DoubleSettings(seed), starts)
        self.bent = bend(self._double)
        self.link = FaultyLink(self._double, drones, seed)
        self.limits = GuardLimits((0.0, airframe.max_thrust_n), weight_n=airframe.hover_thrust_n)
        self.backend = Backend(self.link, self.names, self.limits)
        self._ticks = 0
        self.tick()

    @property
    def now_s(self) -> float:
        """On the flight's clock."""
        return self._ticks * CONTROL_DT + self._double.settings.state_delay_s

    @property
    def truth(self) -> Any:
        """Where the drones are, shape (n, 13)."""
        return self._double.truth

    def turning(self, row: int) -> bool:
        """Whether a drone's motors turn."""
        return self._double.commanded_thrust_n(row) > 0.0

    def tick(self) -> bool:
        """Go on by 10 ms; tells whether there is a new state."""
        self._ticks += 1
        self._double.advance(self._ticks * CONTROL_DT)
        self.backend.hear(self.link.hear(self._double.telemetry(), self.now_s))
        return True

    def lose(self, share: float) -> None:
        """Let the link lose packets."""
        self.link.loss = share

    def cut(self, row: int) -> None:
        """Let nothing through to or from a drone."""
        self.link.dead.add(row)

    def delay(self, late_s: float) -> None:
        """Let the link be slow, each way."""
        self.link.late_s = late_s

    def unplug(self, row: int) -> None:
        """Take a drone's battery out."""
        self.cut(row)
        self._double.unplug(row)


class TwinWorld:
    """Twins behind cflib and CRTP over UDP, by the wall's clock."""

    where = "twin"

    def __init__(self, server: TwinServer, drones: list[TwinDrone]) -> None:
        """Connect to twins that run."""
        self.names = [f"cf{i + 1}" for i in range(len(drones))]
        self._server, self._drones = server, drones
        self.bent = bend(drones[0].double)
        airframe = drones[0].double.airframe
        self.cflib = CflibLink(server.uris, airframe, clock=time.monotonic)
        self.link = FaultyLink(self.cflib, len(drones), 0)
        self.limits = GuardLimits((0.0, airframe.max_thrust_n), weight_n=airframe.hover_thrust_n)
        self._fleet = Crazyflies(_Aged(self.cflib, self.link), self.names, self.limits)
        self.backend = self._fleet.backend
        self.tick()

    @property
    def now_s(self) -> float:
        """On the flight's clock, the wall's."""
        return time.monotonic()

    @property
    def truth(self) -> Any:
        """Where the drones are, shape (n, 13)."""
        return np.concatenate([drone.double.truth for drone in self._drones])

    def turning(self, row: int) -> bool:
        """Whether a drone's motors turn."""
        return self._drones[row].double.commanded_thrust_n(0) > 0.0

    def tick(self) -> bool:
        """Wait for news and take them in; tells whether there is a new state."""
        self.cflib.wait(0.02)
        return self._fleet.hear(self.now_s)

    def lose(self, share: float) -> None:
        """Let every link lose streamed packets."""
        for pipe in self._pipes():
            pipe._conditions = dataclasses.replace(pipe._conditions, loss=share)

    def cut(self, row: int) -> None:
        """Let nothing through to or from a drone."""
        line = self._server._lines[row]
        line.up.put = line.down.put = lambda *_: None  # type: ignore[method-assign]

    def delay(self, late_s: float) -> None:
        """Let every link be slow, each way."""
        for pipe in self._pipes():
            before = pipe._conditions
            pipe._conditions = dataclasses.replace(before, delay_s=before.delay_s + late_s)

    def unplug(self, row: int) -> None:
        """Take a drone's battery out."""
        self.cut(row)
        double = self._drones[row].double
        double.unplug(0)

    def _pipes(self) -> list[Pipe]:
        return [pipe for line in self._server._lines for pipe in (line.up, line.down)]


class _Aged:
    """cflib's link, which knows no motion capture, with the age of its poses."""

    def __init__(self, cflib: Any, link: FaultyLink) -> None:
        self._cflib, self._link = cflib, link

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cflib, name)

    def telemetry(self, now_s: float) -> Telemetry:
        return self._link.aged(self._cflib.telemetry(now_s))


@contextmanager
def running_twins(count: int, *, small_battery: bool = False) -> Iterator[tuple[Any, Any]]:
    """Twins in a thread, at 10 ms and 2 % of loss, a metre apart."""
    airframe = _airframe(small_battery=small_battery)
    settings = TwinSettings(DoubleSettings(0, 0.0, 0.0))
    drones = [TwinDrone(airframe, settings, (0.0, 1.0 * i, 0.0, 0.0)) for i in range(count)]
    stop = threading.Event()
    with TwinServer(drones, LinkConditions(0.010, 0.0, 0.02), 0) as server:
        thread = threading.Thread(target=server.run, args=(stop,), daemon=True)
        thread.start()
        try:
            yield server, drones
        finally:
            stop.set()
            server.wake()
            thread.join()


@contextmanager
def twin_world(drones: int, *, small_battery: bool = False) -> Iterator[TwinWorld]:
    """Twins, and a backend that is connected to them."""
    with running_twins(drones, small_battery=small_battery) as (server, twins):
        try:
            world = TwinWorld(server, twins)
        except LinkError as why:
            raise SpoiledError(str(why)) from None
        try:
            yield world
        finally:
            for drone in world.cflib._drones:  # not `close`: it would land what hangs in the air
                drone.record.lose("the flight is over")
            world.cflib.close()


def _airframe(*, small_battery: bool) -> Airframe:
    airframe = load_airframe(AIRFRAME)
    if not small_battery:
        return airframe
    battery = airframe.battery
    less = dataclasses.replace(battery, capacity_c=SMALL_BATTERY * battery.capacity_c)
    return dataclasses.replace(airframe, battery=less)
