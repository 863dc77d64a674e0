# SPDX-License-Identifier: Apache-2.0
"""Two who would command one drone: refused where it can be, and told."""

from types import SimpleNamespace

from martlet_nodes.rivals import SILENCE_S, Rivals, Turn

FLEET, OWN = "/fleet/cmd_rate_thrust", "/cf1/cmd_rate_thrust"


class Graph:
    def __init__(self, **topics):
        self.topics = topics

    def get_publishers_info_by_topic(self, topic):
        names = self.topics.get(topic.strip("/").replace("/", "_"), ())
        return [SimpleNamespace(node_name=name) for name in names]


def test_one_backend_one_policy_and_a_person_are_no_rivals():
    graph = Graph(
        fleet_states=["sim_backend"], fleet_cmd_rate_thrust=["policy"], cf1_cmd_rate_thrust=["me"]
    )
    assert Rivals(graph, ["cf1"]).sentence() == ""


def test_two_policies_or_two_backends_are_told_by_name_and_once():
    graph = Graph(fleet_cmd_rate_thrust=["policy", "mine"])
    rivals = Rivals(graph, ["cf1"])

    def news():
        """Of three looks, each at a topic."""
        return [sentence for _ in range(3) if (sentence := rivals.news())]

    assert news() == [
        "expected one node that publishes /fleet/cmd_rate_thrust, got 2 (policy, mine)"
    ]
    assert news() == []
    assert rivals.sentence()
    graph.topics = {"fleet_states": ["sim_backend", "sim_backend"]}
    assert "/fleet/states, got 2 (2 x sim_backend)" in news()[0]
    graph.topics = {"cf1_cmd_rate_thrust": ["a", "b"]}
    assert "/cf1/cmd_rate_thrust, got 2 (a, b)" in news()[0]


def test_who_commands_keeps_the_drone_until_it_lets_go_or_falls_silent():
    turn = Turn()
    assert turn.takes(FLEET, 1.0)
    assert not turn.takes(OWN, 1.1)
    assert not turn.lets_go(OWN, 1.1)
    assert "cf1: commands on /cf1/cmd_rate_thrust were refused: it obeys /fleet" in turn.news("cf1")
    assert turn.news("cf1") == ""
    assert turn.takes(FLEET, 1.2)
    assert turn.lets_go(FLEET, 1.3)
    assert turn.takes(OWN, 1.31)
    assert not turn.takes(FLEET, 1.4)
    assert turn.takes(FLEET, 1.31 + SILENCE_S)
