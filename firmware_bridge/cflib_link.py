# SPDX-License-Identifier: Apache-2.0
"""Real Crazyflies, and whatever speaks as they do, over cflib. The only file that imports it.

cflib is under the GPL: an extra, `martlet[hardware]`.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from firmware_bridge.cflib_drone import CflibDrone, LinkReport, cache_folder
from firmware_bridge.claims import Claim
from firmware_bridge.drone_setup import LinkSettings
from firmware_bridge.errors import LinkError
from firmware_bridge.external_pose import ExternalPose
from firmware_bridge.heard import telemetry_of
from firmware_bridge.link import Telemetry
from firmware_bridge.link_faults import sentence_of
from firmware_bridge.orders import HandBack, Land, Order
from firmware_bridge.radio_address import is_drone_address
from sim_core.airframe import Airframe

FRESH_S = 0.05
"""So long the newest state stands for the present."""

LANDING_S = 2.0
SINKING_M_S = 0.4


def _library() -> Any:
    """Import cflib, with its complaints kept off the terminal: they become sentences.

    Raises:
        LinkError: It is not installed.
    """
    try:
        import cflib.crazyflie
        import cflib.crazyflie.log
        import cflib.crtp
        import cflib.crtp.crtpstack
    except ImportError as error:
        raise LinkError(
            "cflib, the radio library, is not installed (make setup BACKEND=twin, or pip install"
            f" 'martlet[hardware]'): {error}."
        ) from None
    logging.getLogger("cflib").addHandler(logging.NullHandler())
    logging.getLogger("cflib").propagate = False
    if not cflib.crtp.CLASSES:
        cflib.crtp.init_drivers()
    return cflib


class CflibLink:
    """The way to one drone or several; a `FleetLink`."""

    def __init__(
        self,
        uris: Sequence[str],
        airframe: Airframe,
        settings: LinkSettings | Sequence[LinkSettings] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Connect to every drone, and make it ready to be armed.

        Args:
            uris: Where they are, such as radio://0/80/2M/E7E7E7E7E7 or udp://127.0.0.1:19850.
            airframe: What they are to be.
            settings: How to talk to them, or to each.
            clock: The flight's.

        Raises:
            LinkError: cflib is missing, a drone does not answer, or is not what it should be.
        """
        if not uris or len(set(uris)) != len(uris):
            raise LinkError(f"link: expected one address or more, all different, got {list(uris)}.")
        for uri in uris:
            if not is_drone_address(uri):
                raise LinkError(sentence_of(uri, "malformed URI"))
        library = _library()
        if not isinstance(settings, Sequence):
            settings = [settings or LinkSettings()] * len(uris)
        self._clock = clock
        self._drones = [
            CflibDrone(library, uri, airframe, how, clock)
            for uri, how in zip(uris, settings, strict=True)
        ]
        self._placed_s = np.full(len(uris), np.nan)  # when each was last told where it is
        self._claims: list[Claim] = []
        try:
            for uri in uris:
                self._claims.append(Claim(uri, cache_folder() / "claims"))
            for drone in self._drones:
                drone.open()
            for drone in self._drones:
                drone.prepare()
        except BaseException:
            self._let_go()
            raise

    @property
    def count(self) -> int:
        """How many drones there are."""
        return len(self._drones)

    def send(self, drone: int, order: Order, now_s: float) -> None:  # noqa: ARG002
        """Send an order to one drone; returns at once. A lost drone hears nothing.

        Args:
            drone: Its row.
            order: What to do.
            now_s: The present on the flight's clock.

        Raises:
            OrderError: An order that no Crazyflie can be given.
        """
        self._drones[drone].send(order)

    def flush(self, timeout_s: float) -> None:
        """Wait until what was ordered has been sent, at most for so long in all."""
        until_s = time.monotonic() + timeout_s
        for drone in self._drones:
            drone.flush(max(until_s - time.monotonic(), 0.0))

    def place(self, drone: int, pose: ExternalPose) -> None:
        """Tell one drone where something outside sees it, motion capture for one; returns at once.

        Args:
            drone: Its row.
            pose: Where it is.

        Raises:
            OrderError: Not finite numbers.
        """
        self._drones[drone].place(pose)
        self._placed_s[drone] = self._clock()

    def telemetry(self, now_s: float) -> Telemetry:
        """What was last heard of all drones; a lost one only grows older."""
        heard = telemetry_of([drone.record for drone in self._drones], now_s, FRESH_S)
        return replace(heard, pose_age_s=(now_s - self._placed_s).astype(np.float32))

    def wait(self, timeout_s: float) -> bool:
        """Wait for news of the first drone since the last wait; tells whether there were any."""
        news = self._drones[0].record.news
        heard = news.wait(timeout_s)
        news.clear()
        return heard

    def faults(self) -> list[str]:
        """Why nothing more will be heard of each drone; empty while there is hope."""
        return [drone.fault for drone in self._drones]

    def notices(self) -> list[str]:
        """What is wrong with each link that may pass; empty where nothing is."""
        return [drone.notice for drone in self._drones]

    def take_returned(self) -> list[tuple[int, str]]:
        """Drones that policies on board gave back by themselves since the last call, and why."""
        told = ((number, drone.take_returned()) for number, drone in enumerate(self._drones))
        return [(number, why) for number, why in told if why]

    def reports(self) -> list[LinkReport]:
        """What is known of each drone and the way to it; not to be asked for in flight."""
        return [drone.report() for drone in self._drones]

    def close(self) -> None:
        """Land whatever flies, set the parameters back, and let go."""
        flying = [drone for drone in self._drones if drone.flying()]
        longest_s = LANDING_S
        for drone in flying:
            height_m = float(drone.record.now()[0].state[2]) - drone.ground_m
            duration_s = max(LANDING_S, height_m / SINKING_M_S)
            longest_s = max(longest_s, duration_s)
            drone.send(HandBack())
            drone.send(Land(drone.ground_m, duration_s))
        until = self._clock() + longest_s + LANDING_S
        while any(drone.flying() for drone in flying) and self._clock() < until:
            time.sleep(0.02)
        self._let_go()

    def _let_go(self) -> None:
        for drone in self._drones:
            drone.close()
        for claim in self._claims:
            claim.release()
