# SPDX-License-Identifier: Apache-2.0
"""The Crazyflie backend over a link that is played: what is told when, and who is missed."""

import dataclasses

import numpy as np
import pytest

from firmware_bridge.errors import LinkError
from firmware_bridge.flight_guard import Stage
from firmware_bridge.link import unheard
from firmware_bridge.orders import GoTo, HandBack, TakeOff
from martlet_nodes.crazyflie_backend import CrazyflieParameters, Crazyflies, connect
from martlet_nodes.drone_status import Commander
from martlet_nodes.errors import ParameterError
from martlet_nodes.guard_parameters import GuardParameters
from martlet_nodes.manoeuvre import Goal, Kind
from sim_core.airframe import load_airframe

AIRFRAME = load_airframe("cf21_plus")


class PlayedLink:
    """Says what it is told to say."""

    def __init__(self, count):
        self.orders = []
        self.lost, self.noticed = [""] * count, [""] * count
        self.returned = []
        state = np.zeros((count, 13), np.float32)
        state[:, 2], state[:, 6] = 1.0, 1.0
        self.heard = dataclasses.replace(
            unheard(count),
            states=state,
            age_s=np.full(count, 0.01, np.float32),
            armed=np.ones(count, bool),
            flying=np.zeros(count, bool),
        )

    def send(self, drone, order, _):
        self.orders.append((drone, order))

    def telemetry(self, _):
        return self.heard

    def faults(self):
        return list(self.lost)

    def notices(self):
        return list(self.noticed)

    def take_returned(self):
        taken, self.returned = self.returned, []
        return taken

    def say(self, stamp_s, **changes):
        self.heard = dataclasses.replace(self.heard, stamp_s=stamp_s, **changes)


@pytest.fixture
def link():
    return PlayedLink(2)


@pytest.fixture
def fleet(link):
    parameters = CrazyflieParameters(["x://1", "x://2"], ["a", "b"])
    return Crazyflies(link, parameters.drones, parameters.guard.limits(AIRFRAME))


def test_only_new_states_are_told(link, fleet):
    link.say(5.0)
    assert fleet.hear(5.001)
    assert not fleet.hear(5.002)  # woken for something else
    link.say(5.01)
    assert fleet.hear(5.011)
    link.say(5.2)
    assert not fleet.hear(5.2)  # nobody was heard for so long that the stamp is the present


def test_a_drone_that_gave_itself_back_is_taken_from_who_streams_to_it(link, fleet):
    link.say(1.0)
    fleet.hear(1.0)
    backend = fleet.backend
    assert backend.arm(1, True, 1.0) == ""
    backend.stream(1, (0.3, 0.0, 0.0, 0.0), 1.0, 1.0)
    assert backend.commander(1) is Commander.STREAM
    link.returned = [(1, "too fast")]
    assert fleet.newly_returned() == ["b let go by itself: too fast"]
    assert backend.commander(1) is not Commander.STREAM
    assert fleet.newly_returned() == []


def test_a_folder_without_an_export_is_refused(tmp_path):
    with pytest.raises(ParameterError, match="expected an export: No such file"):
        CrazyflieParameters(["x://1"], onboard=str(tmp_path))


def test_a_drone_that_falls_silent_in_flight_is_told_to_hold_and_its_action_ends(link, fleet):
    link.say(1.0)
    fleet.hear(1.0)
    backend = fleet.backend
    assert backend.arm(1, True, 1.0) == ""
    takeoff = backend.begin(1, Goal(Kind.TAKEOFF, (0.0, 0.0, 1.5), 0.0, 0.0), 1.0)
    assert isinstance(link.orders[-1][1], TakeOff)
    link.say(1.5, flying=np.array([False, True]), age_s=np.array([0.01, 0.3]))
    fleet.hear(1.5)
    assert [type(order) for drone, order in link.orders[-2:] if drone == 1] == [HandBack, GoTo]
    assert backend.status(1).stage is Stage.HOLD
    assert backend.status(0).stage is Stage.NOMINAL
    assert takeoff.outcome.reason == (
        "the guard took over b: lost state: age = 0.3 s, allowed 0 to 0.25"
    )


def test_a_silent_drone_is_neither_armed_nor_sent_anywhere(link, fleet):
    link.say(1.0)
    fleet.hear(1.0)
    assert fleet.backend.arm(0, True, 2.0) == "a was last heard 1.01 s ago"
    action = fleet.backend.begin(0, Goal(Kind.LAND, (0.0, 0.0, 0.0), 0.0, 0.0), 2.0)
    assert action.outcome.reason == "a was last heard 1.01 s ago"


def test_each_lost_drone_is_named_once_and_the_last_one_ends_the_flight(link, fleet):
    assert fleet.newly_lost() == []
    link.lost[1] = "x://2: nobody answers."
    assert fleet.newly_lost() == ["b: x://2: nobody answers."]
    assert fleet.newly_lost() == []
    link.lost[0] = "x://1: nobody answers."
    with pytest.raises(LinkError, match="a: x://1: nobody answers"):
        fleet.newly_lost()


def test_what_is_wrong_with_a_link_is_told_once_and_again_when_it_comes_back(link, fleet):
    link.noticed[1] = "it answers but no longer tells its state"
    assert fleet.newly_noticed() == ["b: it answers but no longer tells its state."]
    assert fleet.newly_noticed() == []
    link.noticed[1] = ""
    assert fleet.newly_noticed() == []
    link.noticed[1] = "it answers but no longer tells its state"
    assert len(fleet.newly_noticed()) == 1


def test_connecting_waits_for_a_drone_that_is_switched_on_late_and_for_nothing_else(link):
    told = ["x://1: nobody answers: see to it.", "x://1: nobody answers: see to it."]
    passed_s = iter((1.0, 2.0, 3.0))

    def open_link():
        if told:
            raise LinkError(told.pop())
        return link

    assert connect(open_link, 2.5, lambda: next(passed_s)) is link
    told[:] = ["x://1: nobody answers."]
    with pytest.raises(LinkError, match="nobody answers"):
        connect(open_link, 0.0, lambda: 0.2)
    told[:] = ["x://1: it is a Crazyflie 2.1 Brushless."]
    with pytest.raises(LinkError, match="Brushless"):
        connect(open_link, 10.0, lambda: 0.2)


def test_bad_parameters_are_named_all_at_once():
    with pytest.raises(ParameterError, match=r"drones.*uris.*got 1; patience_s"):
        CrazyflieParameters(["x://1"], ["a", "a"], patience_s=-1.0)
    with pytest.raises(ParameterError) as told:
        CrazyflieParameters(
            ["x://1"], airframe="balloon", fleet="none.toml", guard=GuardParameters(lost_s=0.0)
        )
    first, second, third = told.value.faults
    assert first.startswith("airframe: expected one of")
    assert second == "guard.lost_s: expected more than 0, got 0"
    assert third.startswith("none.toml: ")
