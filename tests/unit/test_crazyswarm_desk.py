# SPDX-License-Identifier: Apache-2.0
"""Crazyswarm2's topics and services against a simulated fleet, with types of the same shape."""

from types import SimpleNamespace as Message

import pytest
from test_backend import Fleet

from firmware_bridge.flight_guard import Stage
from martlet_nodes.crazyswarm_desk import hear_setpoints, robots, serve_theirs
from martlet_nodes.drone_status import Commander
from martlet_nodes.requests import Requests

TYPES = Message(
    **{
        name: name
        for name in (
            *("FullState", "Position", "VelocityWorld", "Hover", "Takeoff", "Land", "GoTo"),
            *("UploadTrajectory", "StartTrajectory", "NotifySetpointsStop", "Arm"),
        )
    }
)


class Desk:
    """Two drones in simulation, what is asked of them, and what the log is told."""

    def __init__(self, names=("a", "b"), *, arms_itself=False):
        self.fleet = Fleet(drones=list(names))
        self.served, self.heard, self.log = {}, {}, []
        self.rivalry, self.stopped = "", []
        rivals = Message(sentence=lambda: self.rivalry)
        self.requests = Requests(
            *(self.fleet.backend, rivals, lambda: self.fleet.now, lambda: None),
            self.stopped.append,
            arms_itself=arms_itself,
        )
        groups = [("/all", range(len(names)))]
        groups += [(f"/{name}", [row]) for row, name in enumerate(names)]
        for prefix, rows in groups:
            hear_setpoints(self, TYPES, self.requests, prefix, rows)
            serve_theirs(self, TYPES, self.requests, prefix, rows, self.log.append)

    def serve(self, type_, name, work, fill):
        self.served[name] = type_, work, fill

    def hear(self, type_, name, work):
        self.heard[name] = type_, work

    def call(self, name, **fields):
        _, work, fill = self.served[name]
        fill(Message(), work(Message(group_mask=0, **fields)))

    def stream(self, name, seconds, **fields):
        for _ in range(round(seconds / 0.1)):
            self.heard[name][1](Message(**fields))
            self.fleet.step(0.1)

    def take_off(self):
        self.call("/all/arm", arm=True)
        self.call("/all/takeoff", height=1.0, duration=lasting(2.5))
        self.fleet.step(4.0)
        assert self.log == []
        return self

    def where(self, row=0):
        return self.fleet.backend.telemetry.states[row, :3].tolist()


def lasting(seconds):
    return Message(sec=int(seconds), nanosec=round(1e9 * (seconds % 1.0)))


def point(x, y, z):
    return Message(x=x, y=y, z=z)


def line(dx, seconds):
    """A piece that goes along x evenly, from 0."""
    still = [0.0] * 8
    xs = [0.0, dx / seconds, *[0.0] * 6]
    ups = [1.0, *[0.0] * 7]
    return Message(poly_x=xs, poly_y=still, poly_z=ups, poly_yaw=still, duration=lasting(seconds))


@pytest.fixture
def desk():
    return Desk()


def test_each_name_has_its_type(desk):
    assert {desk.served[f"/{name}/go_to"][0] for name in ("all", "a", "b")} == {"GoTo"}
    assert desk.served["/a/upload_trajectory"][0] == "UploadTrajectory"
    assert desk.heard["/b/cmd_velocity_world"][0] == "VelocityWorld"
    assert [name for name in desk.heard if name.startswith("/all")] == ["/all/cmd_full_state"]


def test_a_script_takes_all_off_goes_there_and_lands(desk):
    desk.take_off()
    desk.call("/a/go_to", goal=point(0.5, 0, 0), yaw=0.0, relative=True, duration=lasting(2.0))
    desk.fleet.step(3.0)
    assert desk.where(0) == pytest.approx([0.5, 0.0, 1.0], abs=0.2)
    assert desk.where(1) == pytest.approx([0.0, 0.5, 1.0], abs=0.2)
    desk.call("/all/land", height=0.0, duration=lasting(3.0))
    desk.fleet.step(5.0)
    assert not desk.fleet.backend.telemetry.flying.any()
    assert desk.log == []
    assert desk.requests.failed() == []


def test_whoever_does_not_arm_takes_off_drones_that_arm_themselves_and_no_others(desk):
    desk.call("/all/takeoff", height=1.0, duration=lasting(2.5))
    assert desk.log == ["/all/takeoff: a is not armed; b is not armed"]
    other = Desk(arms_itself=True)
    other.rivalry = "two policies"
    other.call("/all/takeoff", height=1.0, duration=lasting(2.5))
    assert other.log == ["/all/takeoff: two policies"]
    other.rivalry, other.log[:] = "", []
    other.call("/all/takeoff", height=1.0, duration=lasting(2.5))
    other.fleet.step(3.0)
    assert other.fleet.backend.telemetry.flying.all()
    assert other.log == []


def test_set_points_are_flown_until_they_are_said_to_stop(desk):
    desk.take_off()
    desk.stream("/a/cmd_position", 3.0, x=-0.4, y=0.2, z=0.8, yaw=0.0)
    assert desk.where(0) == pytest.approx([-0.4, 0.2, 0.8], abs=0.05)
    desk.stream("/b/cmd_hover", 1.0, vx=0.0, vy=0.0, yaw_rate=0.0, z_distance=0.6)
    desk.stream("/b/cmd_velocity_world", 0.5, vel=point(0.0, 0.0, 0.1), yaw_rate=0.0)
    commander = desk.fleet.backend.commander
    assert commander(1) is Commander.STREAM
    assert not desk.requests.turns[1].takes("/fleet/cmd_rate_thrust", desk.fleet.now)
    assert "refused: it obeys set-points already" in desk.requests.turns[1].news("b")
    desk.call("/b/notify_setpoints_stop", remain_valid_millisecs=100)
    assert commander(1) is Commander.NONE
    desk.fleet.step(1.0)
    assert desk.fleet.backend.status(1).stage is Stage.NOMINAL
    assert desk.requests.let_go([1]) == "b: nobody streamed"


def test_a_full_state_to_all_is_a_place_for_each(desk):
    desk.take_off()
    turn = Message(x=0.0, y=0.0, z=0.0, w=1.0)
    desk.stream(
        "/all/cmd_full_state", 0.5, pose=Message(position=point(0.2, 0.2, 1.2), orientation=turn)
    )
    assert {desk.fleet.backend.commander(row) for row in (0, 1)} == {Commander.STREAM}


def test_a_trajectory_is_flown_forwards_and_back(desk):
    desk.take_off()
    desk.call("/a/upload_trajectory", trajectory_id=3, piece_offset=0, pieces=[line(1.0, 2.0)])
    start = {"trajectory_id": 3, "timescale": 1.5, "relative": True}
    desk.call("/a/start_trajectory", reversed=False, **start)
    desk.fleet.step(1.5)
    assert desk.where(0)[0] == pytest.approx(0.5, abs=0.3)  # the stock controller lags behind
    assert desk.fleet.backend.commander(0) is Commander.ACTION
    desk.fleet.step(4.0)
    assert desk.where(0) == pytest.approx([1.0, 0.0, 1.0], abs=0.1)
    desk.call("/a/start_trajectory", reversed=True, **start)
    desk.fleet.step(6.0)
    assert desk.where(0) == pytest.approx([0.0, 0.0, 1.0], abs=0.1)
    assert desk.log == []
    assert desk.requests.failed() == []


@pytest.mark.parametrize(
    ("name", "fields", "sentence"),
    [
        (
            "/a/start_trajectory",
            {"trajectory_id": 1, "timescale": 1.0, "reversed": False, "relative": True},
            "/a/start_trajectory: a: trajectory 1 was not uploaded",
        ),
        (
            "/a/start_trajectory",
            {"trajectory_id": 0, "timescale": 0.0, "reversed": False, "relative": True},
            "/a/start_trajectory: a: timescale: expected more than 0, got 0",
        ),
        (
            "/a/start_trajectory",
            {"trajectory_id": 0, "timescale": 0.2, "reversed": False, "relative": True},
            "10.0 m/s, and the guard allows 5 m/s",
        ),
        (
            "/a/start_trajectory",
            {"trajectory_id": 0, "timescale": 4.0, "reversed": False, "relative": True},
            "after 5.1 s x = 2.5",
        ),
        (
            "/b/start_trajectory",
            {"trajectory_id": 0, "timescale": 4.0, "reversed": False, "relative": False},
            "the trajectory begins 0.5",
        ),
        (
            "/a/go_to",
            {"goal": point(9, 0, 1), "yaw": 0.0, "relative": False, "duration": lasting(60.0)},
            "/a/go_to: go_to of a: x = 9.00 m is outside the geofence",
        ),
        ("/all/takeoff", {"height": 1.0, "duration": lasting(2.0)}, "a flies already; b flies"),
        (
            "/a/upload_trajectory",
            {
                "trajectory_id": 0,
                "piece_offset": 0,
                "pieces": [
                    Message(poly_x=[1.0], poly_y=[], poly_z=[], poly_yaw=[], duration=lasting(1.0))
                ],
            },
            "expected 8 coefficients each of x, y, z and yaw, got [1, 0, 0, 0]",
        ),
    ],
)
def test_what_is_refused_is_told_in_the_log(desk, name, fields, sentence):
    desk.take_off()
    for drone in "ab":
        desk.call(f"/{drone}/upload_trajectory", trajectory_id=0, pieces=[line(4.0, 2.0)])
    desk.call(name, **fields)
    assert len(desk.log) == 1
    assert sentence in desk.log[0]


def test_the_next_order_takes_the_place_of_the_one_under_way(desk):
    desk.take_off()
    desk.call("/a/go_to", goal=point(1, 0, 1), yaw=0.0, relative=False, duration=lasting(3.0))
    desk.fleet.step(1.0)
    desk.call("/a/go_to", goal=point(9, 0, 1), yaw=0.0, relative=False, duration=lasting(60.0))
    assert "outside" in desk.log.pop()  # and the one under way goes on
    assert desk.fleet.backend.commander(0) is Commander.ACTION
    desk.call("/a/land", height=0.0, duration=lasting(3.0))
    desk.fleet.step(5.0)
    assert not desk.fleet.backend.telemetry.flying[0]
    assert desk.requests.failed() == []


def test_what_fails_on_the_way_is_told_once(desk):
    desk.take_off()
    desk.call("/a/go_to", goal=point(1, 0, 1), yaw=0.0, relative=False, duration=lasting(3.0))
    desk.fleet.step(0.5)
    desk.requests.stop([0])
    assert desk.stopped == ["a"]
    assert desk.requests.failed() == ["the operator stopped the drone"]
    assert desk.requests.failed() == []


def test_a_group_that_nobody_is_in_is_not_flown(desk):
    _, work, fill = desk.served["/all/takeoff"]
    fill(Message(), work(Message(group_mask=2, height=1.0, duration=lasting(2.0))))
    assert "expected group mask 0, for all, got 2" in desk.log[0]


def test_nobody_arms_what_another_commands(desk):
    desk.rivalry = "two policies"
    desk.call("/all/arm", arm=True)
    assert desk.log == ["/all/arm: two policies"]


def test_scripts_find_where_robots_start_and_a_number_at_the_end_of_their_address():
    told = robots(("a", "b"), [[0.0, 0.5, 0.0], [float("nan")] * 3])
    assert told["robots.a.initial_position"] == [0.0, 0.5, 0.0]
    assert told["robots.b.initial_position"] == [0.0, 0.0, 0.0]
    assert [int(told[f"robots.{name}.uri"][-2:], 16) for name in "ab"] == [1, 2]
