# SPDX-License-Identifier: Apache-2.0
"""Flies a flight as any user of the topics would: preflight, arm, takeoff, tasks, land.

    python -m martlet.flight.pilot '{"drones": ["cf1"], ...}'

It says what happens as JSON, one object a line, on standard output.
"""

import json
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import rclpy
from geometry_msgs.msg import Point
from martlet_msgs.action import FlyTask, GoTo, Land, Takeoff
from martlet_msgs.msg import DroneStatus
from martlet_msgs.srv import Arm
from rclpy.action import ActionClient
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import BatteryState

from martlet_nodes import quality
from martlet_nodes.polled import Polled

DOWN_S, DISARMED_S = 2.0, 3.0
ARMS_S = 1.0
"""Usually a drone is armed by then; else somebody is told why not."""

RISING_S = 1.0
"""A drone that was told to take off says that it flies within this time, or will not."""

SILENCE_S = 20.0
"""Wall time without a word from an action after which the flight is given up."""

LEAST_VOLTS = 3.3  # a lithium-polymer cell that is empty; a full one rests at 4.15
LEAST_QUALITY = 0.9


@dataclass(frozen=True)
class Step:
    """One task of a flight: what its phase is called, what to fly, and for how long at most."""

    name: str
    task: str
    duration_s: float


@dataclass(frozen=True)
class Plan:
    """What to fly.

    Attributes:
        drones: Their names.
        height_m: Of the takeoff.
        over: Where each drone hovers before the first step, x, y, z [m; W] and yaw [rad]; empty:
            where it took off.
        ready_s: How long everybody may take to be there.
        steps: In their order.
        armed_s: How long arming may take.
    """

    drones: tuple[str, ...]
    height_m: float
    over: tuple[tuple[float, float, float, float], ...]
    ready_s: float
    steps: tuple[Step, ...]
    armed_s: float = 3.0


class AbandonedError(Exception):
    """The flight cannot go on; the message says why."""


def say(event: str, **values: Any) -> None:
    """Tell whoever started us."""
    sys.stdout.write(json.dumps({"event": event, **values}) + "\n")
    sys.stdout.flush()


class Pilot:
    """Sequences one flight."""

    def __init__(self, plan: Plan) -> None:
        """Open the clients."""
        self._plan = plan
        self._node = node = Node("pilot")
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(node)
        self._status: dict[str, DroneStatus] = {}
        self._volts: dict[str, float] = {}
        self._heard_s = time.monotonic()
        self._stopped = self._rising = self._coming_down = False
        self._arm = node.create_client(Arm, "/all/arm")
        self._tasks = ActionClient(node, FlyTask, "/fleet/fly_task")
        self._takeoffs = [ActionClient(node, Takeoff, f"/{name}/takeoff") for name in plan.drones]
        self._ways = [ActionClient(node, GoTo, f"/{name}/go_to") for name in plan.drones]
        self._landings = [ActionClient(node, Land, f"/{name}/land") for name in plan.drones]
        self._news = Polled(node)
        for name in plan.drones:
            heed, note = partial(self._on_status, name), partial(self._on_battery, name)
            # Deep: between two looks a flight in lockstep is seconds further.
            self._news.subscribe(DroneStatus, f"/{name}/status", heed, quality.STATUS_LOSSLESS)
            self._news.subscribe(BatteryState, f"/{name}/battery", note, quality.STATUS)

    def stop(self) -> None:
        """Give the flight up and land, as soon as may be; a landing goes on."""
        self._stopped = True

    def fly(self) -> bool:
        """Fly the plan.

        Returns:
            Whether all of it was flown.
        """
        flown = False
        try:
            self._get_ready()
            self._check()
            self._set_armed(True)
            self._take_off()
            self._go_over()
            flown = all(self._fly_task(step) for step in self._plan.steps)
        except AbandonedError as why:
            say("abandoned", reason=str(why))
        self._coming_down = True
        flown &= self._come_down()
        return flown

    def _spin(self, seconds: float) -> None:
        """Take in what comes.

        Raises:
            AbandonedError: The operator has stopped the flight.
        """
        self._executor.spin_once(timeout_sec=seconds)
        self._news.take()
        if self._stopped and not self._coming_down:
            raise AbandonedError("stopped by a key")

    def _on_status(self, name: str, status: DroneStatus) -> None:
        before = self._status.get(name)
        self._status[name] = status
        if status.guard_stage and (before is None or before.guard_stage != status.guard_stage):
            say("guard", drone=name, stage=status.guard_stage, reason=status.guard_reason)

    def _on_battery(self, name: str, battery: BatteryState) -> None:
        self._volts[name] = battery.voltage

    def _get_ready(self) -> None:
        """Wait until everybody is there."""
        say("phase", name="preflight")
        wanted: dict[str, Callable[[], bool]] = {
            "/all/arm of the backend": self._arm.service_is_ready,
            "/fleet/fly_task of the policy": self._tasks.server_is_ready,
        }
        for name, takeoff, land in zip(
            self._plan.drones, self._takeoffs, self._landings, strict=True
        ):
            wanted[f"/{name}/takeoff"] = takeoff.server_is_ready
            wanted[f"/{name}/land"] = land.server_is_ready
            wanted[f"/{name}/status"] = partial(self._status.__contains__, name)
            wanted[f"/{name}/battery"] = partial(self._volts.__contains__, name)
        deadline = time.monotonic() + self._plan.ready_s
        while missing := [what for what, there in wanted.items() if not there()]:
            if time.monotonic() > deadline:
                raise AbandonedError(
                    f"waited {self._plan.ready_s:g} s in vain for {', '.join(missing)}"
                )
            self._spin(0.05)

    def _check(self) -> None:
        """Look at everything once before the motors turn."""
        publishers = self._node.count_publishers("/fleet/states")
        faults = []
        if publishers != 1:
            faults.append(f"expected one backend that says /fleet/states, got {publishers}")
        for name in self._plan.drones:
            status, volts = self._status[name], self._volts[name]
            if status.guard_stage:
                faults.append(f"the guard has {name}: {status.guard_reason}")
            if status.flying:
                faults.append(f"{name} flies already")
            if status.link_quality < LEAST_QUALITY:
                faults.append(f"{name}: link quality {status.link_quality:.2f}")
            if volts < LEAST_VOLTS:
                faults.append(f"{name}: battery at {volts:.2f} V, expected {LEAST_VOLTS:g} V")
        if faults:
            raise AbandonedError(f"preflight: {'; '.join(faults)}")

    def _set_armed(self, armed: bool) -> None:
        say("phase", name="arm" if armed else "disarm")
        begun_s = time.monotonic()
        longest_s = self._plan.armed_s if armed else DISARMED_S
        said = False
        while True:
            answer = self._wait(self._arm.call_async(Arm.Request(arm=armed)), "/all/arm")
            if answer.success:
                return
            tried_s = time.monotonic() - begun_s
            if tried_s > longest_s:
                raise AbandonedError(f"arm: {answer.message}")
            if armed and not said and tried_s > ARMS_S:
                said = True
                say("waiting", reason=answer.message)
            self._spin(0.1)

    def _take_off(self) -> None:
        goal = Takeoff.Goal(height_m=self._plan.height_m)
        self._rising = True
        self._demand(self._act("takeoff", self._takeoffs, [goal] * len(self._takeoffs)))
        self._rising = False

    def _go_over(self) -> None:
        """Hover where the first step begins."""
        if not self._plan.over:
            return
        goals = [
            GoTo.Goal(position=Point(x=x, y=y, z=z), yaw_rad=yaw)
            for x, y, z, yaw in self._plan.over
        ]
        self._demand(self._act("go to start", self._ways, goals))

    def _demand(self, results: Sequence[Any]) -> None:
        """Abandon the flight where an action was not flown."""
        if faults := [result.reason for result in results if not result.success]:
            raise AbandonedError("; ".join(faults))

    def _fly_task(self, step: Step) -> bool:
        goal = FlyTask.Goal(task=step.task, duration_s=step.duration_s)
        result = self._act(step.name, [self._tasks], [goal])[0]
        return bool(result.success)

    def _come_down(self) -> bool:
        """Land whatever flies, however the flight went."""
        try:
            self._await_rising()
            flying = [
                client
                for name, client in zip(self._plan.drones, self._landings, strict=True)
                if name in self._status and self._status[name].flying
            ]
            results = self._act("land", flying, [Land.Goal()] * len(flying)) if flying else []
            if self._all_are_down():
                self._set_armed(False)
        except AbandonedError as why:
            say("abandoned", reason=str(why))
            return False
        return all(result.success for result in results)

    def _await_rising(self) -> None:
        """Let drones that were told to take off say that they fly: only then may they be landed."""
        deadline = time.monotonic() + RISING_S
        while self._rising and time.monotonic() < deadline:
            if all(status.flying for status in self._status.values()):
                return
            self._spin(0.05)

    def _all_are_down(self) -> bool:
        """Whether every drone says that it stands; it may say so a little after its action did."""
        deadline = time.monotonic() + DOWN_S
        while any(status.flying for status in self._status.values()):
            if time.monotonic() > deadline:
                return False
            self._spin(0.1)
        return self._arm.service_is_ready() and len(self._status) == len(self._plan.drones)

    def _act(self, name: str, clients: Sequence[ActionClient], goals: Sequence[Any]) -> list[Any]:
        """Send a goal to each of some servers, and wait for what comes of it."""
        say("phase", name=name)
        listen = partial(self._on_feedback, name)
        sent = [
            client.send_goal_async(goal, feedback_callback=listen)
            for client, goal in zip(clients, goals, strict=True)
        ]
        accepted = [self._wait(future, name) for future in sent]
        if not all(handle.accepted for handle in accepted):
            raise AbandonedError(f"{name}: the goal was not even accepted")
        results = [self._wait(handle.get_result_async(), name).result for handle in accepted]
        say("result", name=name, **_together(results))
        return results

    def _on_feedback(self, name: str, message: Any) -> None:
        self._heard_s = time.monotonic()
        feedback = message.feedback
        values = {
            key: getattr(feedback, key) for key in ("error_m", "height_m") if hasattr(feedback, key)
        }
        say("progress", name=name, time_s=feedback.time_s, **values)

    def _wait(self, future: Any, what: str) -> Any:
        self._heard_s = time.monotonic()
        while not future.done():
            if time.monotonic() - self._heard_s > SILENCE_S:
                raise AbandonedError(f"{what}: no word for {SILENCE_S:g} s")
            self._spin(0.1)
        return future.result()


def _together(results: Sequence[Any]) -> dict[str, Any]:
    """Several drones' results as one: all have to succeed, and the worst figures count."""
    worst = {
        "rmse_m": max, "mean_error_last_3s_m": max, "max_error_m": max, "error_m": max,
        "reached_m": min, "separation_m": min, "slot_error_m": max,
    }  # fmt: skip
    values = {
        key: pick(getattr(result, key) for result in results)
        for key, pick in worst.items()
        if hasattr(results[0], key)
    }
    reasons = [result.reason for result in results if not result.success]
    return {"success": not reasons, "reason": "; ".join(reasons), **values}


def main(words: list[str]) -> int:
    """Fly what the command line says."""
    told = json.loads(words[0])
    steps = tuple(Step(**step) for step in told.pop("steps"))
    drones, over = tuple(told.pop("drones")), tuple(map(tuple, told.pop("over")))
    plan = Plan(drones=drones, steps=steps, over=over, **told)
    rclpy.init()
    try:
        pilot = Pilot(plan)
        signal.signal(signal.SIGUSR1, lambda *_: pilot.stop())
        return 0 if pilot.fly() else 1
    except (KeyboardInterrupt, ExternalShutdownException):
        return 1
    finally:
        rclpy.try_shutdown()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
