# SPDX-License-Identifier: Apache-2.0
"""What a flight's messages become in a picture, without a viewer."""

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace as Message

import numpy as np
import pytest

from martlet.flight.programme import programme
from martlet.flight.settings import FlySettings, told
from martlet.view.entries import Label, Lines, Number, Pose, Remark, Solid
from martlet.view.surroundings import drawn, settings_of, surroundings
from martlet.view.translation import PICTURE_DT, Translation, in_order

NANO = 1_000_000_000


def header(stamp_s):
    nanoseconds = round(stamp_s * NANO)
    return Message(stamp=Message(sec=nanoseconds // NANO, nanosec=nanoseconds % NANO))


def xyz(values):
    return Message(**dict(zip("xyz", values, strict=True)))


def odometry(stamp_s, p, v=(0.0, 0.0, 0.0)):
    pose = Message(position=xyz(p), orientation=Message(x=0.0, y=0.0, z=0.6, w=0.8))
    return Message(
        header=header(stamp_s), pose=Message(pose=pose), twist=Message(twist=Message(linear=xyz(v)))
    )


def goal(stamp_s, p):
    return Message(header=header(stamp_s), point=xyz(p))


def status(**values):
    usual = {
        "header": header(0.0), "guard_stage": 0, "guard_reason": "", "commander": 1,
        "armed": True, "flying": True, "command_latency_s": [],
    }  # fmt: skip
    return Message(**usual | values)


def of(kind, entries):
    return [entry for entry in entries if isinstance(entry, kind)]


def test_odometry_is_a_pose_a_speed_and_then_a_trail():
    translation = Translation(("cf1", "cf2"))
    stamp_s, first = translation.entries("/cf2/odom", odometry(1.25, (1.0, 2.0, 3.0)))
    assert stamp_s == 1.25
    (pose,) = of(Pose, first)
    assert pose.path == "world/drones/cf2"
    assert pose.position_m.tolist() == [1.0, 2.0, 3.0]
    assert pose.q_WB.tolist() == [0.0, 0.0, 0.6, 0.8]
    assert not of(Lines, first)
    second = translation.entries("/cf2/odom", odometry(1.27, (1.0, 2.5, 3.0), (0.0, 3.0, 4.0)))[1]
    (trail,) = of(Lines, second)
    assert trail.path == "world/trails/cf2"
    assert trail.strips_m[0].tolist() == [[1.0, 2.0, 3.0], [1.0, 2.5, 3.0]]
    assert trail.colour == translation.colour("cf2") != translation.colour("cf1")
    assert of(Number, second) == [Number("plots/speed/cf2", 5.0)]


def test_more_pictures_than_needed_are_left_out():
    translation = Translation(("cf1",))
    stamps = [0.01 * tick for tick in range(5)]
    drawn = [bool(translation.entries("/cf1/odom", odometry(t, (0, 0, 1)))[1]) for t in stamps]
    assert drawn == [True, False, True, False, True]
    assert PICTURE_DT == 0.02


def test_a_state_that_is_no_number_is_left_out():
    translation = Translation(("cf1",))
    assert translation.entries("/cf1/odom", odometry(0.0, (np.nan, 0.0, 0.0)))[1] == []


def test_the_error_is_the_distance_at_the_same_time():
    translation = Translation(("cf1",))
    translation.entries("/cf1/odom", odometry(2.0, (0.0, 0.0, 1.0)))
    near = translation.entries("/cf1/goal", goal(2.0, (0.03, 0.04, 1.0)))[1]
    (error,) = of(Number, near)
    assert error.path == "plots/error/cf1"
    assert error.value == pytest.approx(5.0)  # cm
    late = translation.entries("/cf1/goal", goal(2.5, (0.0, 0.0, 1.0)))[1]
    assert not of(Number, late)  # the state is half a second old
    assert of(Lines, late)[0].path == "world/references/cf1"
    next_gate = translation.entries("/cf1/goal", goal(2.6, (0.0, 2.0, 1.0)))[1]
    assert not of(Lines, next_gate)  # it jumped there


def test_the_guard_is_told_once_with_its_reason():
    translation = Translation(("cf1",))
    calm = translation.entries("/cf1/status", status())[1]
    assert of(Label, calm)[0].text == "cf1: policy"
    assert not of(Remark, calm)[0].warning
    held = status(guard_stage=1, commander=3, guard_reason="geofence: x = 2.6")
    alarm = translation.entries("/cf1/status", held)[1]
    assert of(Label, alarm)[0].text == "cf1: guard, guard: HOLD"
    (remark,) = of(Remark, alarm)
    assert remark.warning
    assert "geofence: x = 2.6" in remark.text
    assert of(Label, alarm)[0].colour != of(Label, calm)[0].colour
    assert translation.entries("/cf1/status", held)[1] == []


def test_latency_is_the_worst_since_the_status_before():
    entries = Translation(("cf1",)).entries("/cf1/status", status(command_latency_s=[0.002, 0.007]))
    assert of(Number, entries[1]) == [Number("plots/latency/cf1", pytest.approx(7.0))]


def test_a_latency_of_lockstep_is_nought_and_no_rounding_error():
    entries = Translation(("cf1",)).entries("/cf1/status", status(command_latency_s=[3.6e-15]))
    assert of(Number, entries[1]) == [Number("plots/latency/cf1", 0.0)]


def test_a_battery_nobody_measures_is_not_drawn():
    translation = Translation(("cf1",))
    told_ = Message(header=header(1.0), voltage=3.9)
    assert translation.entries("/cf1/battery", told_)[1] == [Number("plots/battery/cf1", 3.9)]
    told_.voltage = float("nan")
    assert translation.entries("/cf1/battery", told_)[1] == []


@pytest.mark.parametrize("topic", ["/clock", "/fleet/states", "/cf9/odom", "/cf1/pose"])
def test_other_topics_are_not_drawn(topic):
    assert Translation(("cf1",)).entries(topic, Message()) == (0.0, [])


def test_drones_are_counted_as_people_count():
    assert in_order(["cf10", "cf2", "cf1"]) == ("cf1", "cf2", "cf10")


def test_each_drone_has_a_body_of_its_colour():
    translation = Translation(("cf1", "cf2"))
    bodies = of(Solid, translation.bodies())
    assert [body.path for body in bodies] == ["world/drones/cf1/body", "world/drones/cf2/body"]
    for body, name in zip(bodies, ("cf1", "cf2"), strict=True):
        assert len(body.corners_m) == len(body.colours)
        assert translation.colour(name) in {tuple(row) for row in body.colours.astype(int).tolist()}


def test_the_fence_is_the_box_of_twelve_edges():
    settings = FlySettings(task="hover")
    planned = programme(settings)
    (fence,) = drawn(planned)
    assert fence.path == "world/fence"
    assert len(fence.strips_m) == 12
    corners = np.concatenate(fence.strips_m)
    assert corners.min(axis=0).tolist() == pytest.approx(planned.box_low_m)
    assert corners.max(axis=0).tolist() == pytest.approx(planned.box_high_m)
    lengths = [np.abs(a - b) > 0.0 for a, b in fence.strips_m]
    assert all(moved.sum() == 1 for moved in lengths)


def test_gates_stand_where_the_course_says():
    settings = FlySettings(task="race", level=2, course_seed=7)
    planned = programme(settings)
    track = planned.race.course.true
    entries = {entry.path: entry for entry in drawn(planned)}
    for number, gate in enumerate(track.gates, start=1):
        found = entries[f"world/track/gate{number}"]
        opening = found.strips_m[0]
        centre = (opening[:-1]).mean(axis=0)
        assert centre == pytest.approx(gate.position_m, abs=1e-9)
        way = np.array([np.cos(gate.yaw_rad), np.sin(gate.yaw_rad), 0.0])
        assert np.abs((opening - centre) @ way).max() < 1e-9  # upright, across the way through
        assert np.ptp(opening[:, 2]) == pytest.approx(gate.opening_m)
        assert found.labels[0] == str(number)
    poles = [path for path in entries if "pole" in path]
    assert len(poles) == len(track.obstacles)


def test_settings_come_back_as_they_were_told():
    settings = FlySettings(Path("p.onnx"), task="race", level=2, course_seed=7)
    again = settings_of(json.loads(json.dumps(told(settings))))
    assert dataclasses.replace(again, loss=None) == settings


def test_surroundings_are_read_from_settings_or_a_report(tmp_path: Path):
    assert surroundings(tmp_path) == []
    asked = told(FlySettings(task="race"))
    (tmp_path / "report.json").write_text(json.dumps({"landed": True, "settings": asked}))
    of_report = [entry.path for entry in surroundings(tmp_path)]
    assert "world/track/gate1" in of_report
    (tmp_path / "settings.json").write_text(json.dumps(told(FlySettings(task="hover"))))
    assert [entry.path for entry in surroundings(tmp_path)] == ["world/fence"]


def test_a_task_whose_file_is_gone_leaves_the_flight_alone(tmp_path: Path):
    asked = told(FlySettings(tasks=(str(tmp_path / "gone.csv"),)))
    (tmp_path / "settings.json").write_text(json.dumps(asked))
    assert surroundings(tmp_path) == []
