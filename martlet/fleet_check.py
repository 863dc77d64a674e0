# SPDX-License-Identifier: Apache-2.0
"""`martlet doctor --fleet`: a fleet file held against what answers."""

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from firmware_bridge.cflib_drone import LinkReport
from firmware_bridge.cflib_link import CflibLink
from firmware_bridge.drone_setup import LinkSettings
from firmware_bridge.errors import LinkError
from firmware_bridge.fleet import Fleet, FleetDrone, crowded, load_fleet
from policy_export.manifest import Manifest, thrust_met
from policy_export.policy_file import over_radio
from policy_export.runtime import PolicyRunner
from sim_core.airframe import load_airframe
from sim_core.frames import yaw_of

LISTEN_S = 2.0
"""So long all drones are listened to together: 200 states each, as many as in flight."""

AT_START_M = 0.25
"""A drone further from its start may be another one: half of what twins stand apart, and less than
any two starts are apart."""

AT_START_RAD = math.radians(20.0)  # guess: what a person sees when setting a drone down

EMPTY_V = 3.3  # a lithium-polymer cell that is empty; a full one rests at 4.15

_AT_ONCE = 8


def check_fleet(
    path: Path, listen_s: float = LISTEN_S, policy: Path | None = None
) -> dict[str, Any]:
    """Connect to every drone of a fleet file, listen to all of them, and say what is wrong.

    Args:
        path: The file.
        policy: A policy file that is to fly them.
        listen_s: How long to listen.

    Returns:
        `ok`, false where a drone cannot be flown as the file says; `drones` by name, with what is
        known of each or its `fault`; `warnings`, sentences on what will fly badly.

    Raises:
        SettingsError: No such file, or one with faults.
        PolicyExportError: No policy file.
    """
    flown = None if policy is None else PolicyRunner(policy).manifest
    if flown is not None:
        over_radio(flown, str(policy))
    fleet = load_fleet(path)
    with ExitStack() as open_links:
        links = _connect(fleet)
        for link in links.values():
            if isinstance(link, CflibLink):
                open_links.callback(link.close)
        if any(isinstance(link, CflibLink) for link in links.values()):
            time.sleep(listen_s)
        drones = {drone.name: _told(drone, links[drone.name], flown) for drone in fleet.drones}
    warnings = crowded(fleet)
    for name, told in drones.items():
        warnings += [f"{name}: {warning}" for warning in told.pop("warnings", ())]
    return {
        "ok": not any("fault" in told for told in drones.values()),
        "drones": drones,
        "warnings": [f"{warning}." for warning in warnings],
    }


def _connect(fleet: Fleet) -> dict[str, CflibLink | str]:
    """A link to each drone, or why there is none."""

    def connect(drone: FleetDrone) -> CflibLink | str:
        settings = LinkSettings(drone.thrust, None, fleet.settings, drone.estimator, drone.place)
        try:
            return CflibLink([drone.uri], load_airframe(drone.airframe), settings)
        except LinkError as error:
            return str(error)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(zip(fleet.names, pool.map(connect, fleet.drones), strict=True))


def _policy_doubts(drone: FleetDrone, report: LinkReport, policy: Manifest | None) -> list[str]:
    """What speaks against flying a policy with this drone."""
    if policy is None:
        return []
    found = []
    if drone.airframe not in policy.airframes:
        found.append(
            f"policy: expected one for airframe {drone.airframe}, got one for"
            f" {', '.join(policy.airframes)}"
        )
    met = thrust_met(policy)
    if report.thrust not in met:
        found.append(
            f"policy: expected one that has met firmware whose thrust is {report.thrust}, got one"
            f" trained for {' and '.join(met)} alone"
        )
    return found


def _told(
    drone: FleetDrone, link: CflibLink | str, policy: Manifest | None = None
) -> dict[str, Any]:
    if isinstance(link, str):
        return {"uri": drone.uri, "fault": link}
    (report,) = link.reports()
    heard = link.telemetry(time.monotonic())
    statistics = report.statistics
    state = heard.states[0].astype(np.float64)
    volts = float(heard.battery_v[0])
    told = {
        "uri": drone.uri,
        "device": report.device or "Crazyflie",
        "protocol": report.protocol,
        "thrust": report.thrust,
        "setpoints": report.style,
        "battery_v": round(volts, 2),
        "position_m": [round(float(x), 3) for x in state[:3]],
        "rate_hz": _rounded(statistics.rate_hz, 1),
        "loss": _rounded(statistics.loss, 4),
        "state_age_ms": _rounded(1e3 * statistics.age_s, 1),
        "round_trip_ms": _rounded(1e3 * statistics.round_trip_s, 1),
        "warnings": [
            *statistics.warnings(),
            *report.doubts,
            *_policy_doubts(drone, report, policy),
        ],
    }
    faults = [fault for fault in (report.fault.rstrip("."), report.notice) if fault]
    faults += _place_faults(drone, state)
    if heard.locked[0]:
        faults.append("it is locked: set it on its feet, switch it off and on again")
    if volts < EMPTY_V:
        faults.append(f"battery: expected at least {EMPTY_V:g} V, got {volts:.2f} V: charge it")
    if faults:
        told["fault"] = f"{drone.name}: {'; '.join(faults)}."
    return told


def _place_faults(drone: FleetDrone, state: np.typing.NDArray[np.float64]) -> list[str]:
    """Whether it stands where the file says, and looks there."""
    away_m = math.dist(state[:2], drone.start[:2])
    if not away_m <= AT_START_M:
        x, y, z = state[:3]
        return [
            f"expected at its start {list(drone.start)}, got ({x:.2f}, {y:.2f}, {z:.2f}),"
            f" {away_m:.2f} m away: put it there, or see whether it is another drone"
        ]
    turned = math.remainder(yaw_of(state[3:7]) - drone.place[3], math.tau)
    if abs(turned) > AT_START_RAD:
        return [
            f"expected heading {drone.yaw_deg:g} deg, got {math.degrees(turned):+.0f} deg off: turn"
            " it"
        ]
    return []


def _rounded(value: float, digits: int) -> float | None:
    return round(value, digits) if math.isfinite(value) else None


def show_fleet(found: dict[str, Any], say: Callable[[str], None] = print) -> None:
    """For people: a line for each drone, then what is wrong."""
    for name, told in found["drones"].items():
        if "device" not in told:
            say(f"{name}: {told['fault']}")
            continue
        say(
            f"{name}: {told['device']} at {told['uri']}, protocol {told['protocol']}, thrust"
            f" {told['thrust']}, {told['battery_v']:.2f} V, {told['rate_hz']} Hz,"
            f" {told['loss']:.1%} lost, round trip {told['round_trip_ms']} ms"
        )
        if "fault" in told:
            say(told["fault"])
    for warning in found["warnings"]:
        say(f"warning: {warning}")
    say("fleet: ready" if found["ok"] else "fleet: not ready")
