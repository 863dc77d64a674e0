# SPDX-License-Identifier: Apache-2.0
"""A policy on board, from the laptop: what is sent for which order, and what is heard of it."""

from pathlib import Path

import pytest

from firmware_bridge.crtp_packets import Packet, Port
from firmware_bridge.errors import LinkError
from firmware_bridge.onboard_link import (
    CRC,
    DEAD_MAN,
    ENGAGE,
    TASK,
    OnboardPolicy,
    OnboardRemote,
    check_on_board,
)
from firmware_bridge.orders import Arm, Emergency, GoTo, HandBack, RateThrust
from firmware_bridge.setpoints import ThrustKind
from sim_core.onboard import REASONS, STATUSES

PUSH = RateThrust(0.3, (0.0, 0.0, 0.0))
OVER_THE_RADIO = (Packet(Port.COMMANDER, 0, b"rates"),)
LET_GO = Packet(Port.PARAM, 2, b"\x05\x01\0")
BACK, REFUSED = STATUSES.index("back"), STATUSES.index("refused")


def engage(task: int) -> tuple[Packet, ...]:
    asked = Packet(Port.PARAM, 2, bytes([7, 0, task])), Packet(Port.PARAM, 2, b"\x05\x01\1")
    return (DEAD_MAN, DEAD_MAN, DEAD_MAN, *asked)


@pytest.fixture
def remote() -> OnboardRemote:
    return OnboardRemote({ENGAGE: 0x105, TASK: 7})


def test_commands_engage_once_and_then_are_dead_man_packets_50_ms_apart(remote) -> None:
    assert remote.sendings(PUSH, OVER_THE_RADIO, 1.0) == [(None, engage(0))]
    sent = {k: remote.sendings(PUSH, OVER_THE_RADIO, 1.0 + 0.01 * k) for k in range(1, 21)}
    assert [k for k, packets in sent.items() if packets] == [5, 10, 15, 20]
    assert sent[5] == [(PUSH, (DEAD_MAN,))]


def test_any_other_order_lets_go_first_and_the_next_task_is_asked_for(remote) -> None:
    there, arm = (Packet(Port.HIGH_LEVEL, 0, b"there"),), (Packet(Port.SUPERVISOR, 1, b"arm"),)
    goal = GoTo((0.0, 0.0, 1.0), 0.0, 1.0)
    assert remote.sendings(goal, there, 0.5) == [(goal, there)]  # not engaged: as ever
    remote.sendings(PUSH, OVER_THE_RADIO, 1.0)
    assert remote.sendings(Arm(True), arm, 1.1) == [(Arm(True), arm)]
    assert remote.sendings(HandBack(), (), 1.2) == [(None, (LET_GO,)), (HandBack(), ())]
    assert remote.sendings(goal, there, 1.2) == [(goal, there)]
    assert remote.sendings(PUSH, OVER_THE_RADIO, 1.2) == [(None, engage(1))]
    off = (Packet(Port.SUPERVISOR, 1, b"\3"),)
    assert remote.sendings(Emergency(), off, 2.0) == [(Emergency(), off), (None, (LET_GO,))]


def test_a_drone_that_gave_itself_back_is_told_of_once(remote) -> None:
    remote.hear(BACK, REASONS.index("outside of the fence"))  # of an earlier flight
    assert remote.take_returned(0.9) == ""
    remote.sendings(PUSH, OVER_THE_RADIO, 1.0)
    assert remote.take_returned(1.1) == ""
    remote.hear(STATUSES.index("flying"), 0)
    assert remote.take_returned(2.0) == ""
    remote.hear(BACK, REASONS.index("too fast"))
    assert remote.take_returned(2.1) == "too fast"
    assert remote.take_returned(2.2) == ""
    remote.hear(99, 99)  # of a firmware to come
    assert remote.take_returned(2.3) == ""


def test_a_drone_that_is_engaged_and_idles_is_told_of_after_a_second(remote) -> None:
    remote.hear(STATUSES.index("idle"), 0)
    assert remote.take_returned(0.5) == ""  # as it should: nobody has engaged it
    remote.sendings(PUSH, OVER_THE_RADIO, 1.0)
    assert remote.take_returned(1.9) == ""
    assert "did not begin: is stabilizer.controller" in remote.take_returned(2.1)
    assert remote.take_returned(2.2) == ""


def test_a_policy_refused_at_boot_says_why(remote) -> None:
    assert not remote.heard
    remote.hear(REFUSED, 1)
    assert (remote.heard, remote.refused) == (True, REASONS[1])


class Table:
    """A firmware's parameters."""

    def __init__(self, **values: float) -> None:
        self.values = {name.replace("_", "."): value for name, value in values.items()}

    def has(self, name: str) -> bool:
        return name in self.values

    def value(self, name: str) -> float:
        return self.values[name]

    def write(self, name: str, value: float) -> None:
        self.values[name] = value


RIGHT = {"martlet_engage": 1, "martlet_task": 0, "martlet_crc": float(0xFEDCBA98)}


@pytest.mark.parametrize(
    ("table", "thrust", "said"),
    [
        (
            Table(),
            "linear",
            r"no policy on board: expected parameter martlet.engage, found none; .*firmware",
        ),
        (
            Table(**RIGHT | {"martlet_crc": 0x1234ABCD}),
            "linear",
            r"another policy or other tasks .* expected CRC-32 fedcba98, got 1234abcd; .*firmware",
        ),
        (Table(**RIGHT), "pwm", "takes thrust as linear, as .*firmware is .* takes it as pwm"),
    ],
)
def test_a_drone_without_the_flights_policy_is_refused(
    table: Table, thrust: ThrustKind, said: str
) -> None:
    wanted = OnboardPolicy(0xFEDCBA98, Path("runs/x/firmware"))
    with pytest.raises(LinkError, match=said):
        check_on_board(table, wanted, thrust, LinkError)
    right = Table(**RIGHT)
    check_on_board(right, wanted, "linear", LinkError)
    assert right.values[ENGAGE] == 0.0
    assert CRC in right.values
