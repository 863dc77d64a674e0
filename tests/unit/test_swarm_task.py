# SPDX-License-Identifier: Apache-2.0
"""Worlds of several drones: wakes, neighbours, slots and prices, worked out by hand."""

import numpy as np
import pytest

from sim_core import _core
from sim_core.environment import load_environment

SWARM = _core.TASKS["swarm"]
CALM = ["randomization={}", 'estimate.kind="exact"']
STILL = [f"start.{name}=0" for name in ("position_m", "velocity_m_s", "tilt_rad", "yaw_rad",
                                        "body_rate_rad_s")]  # fmt: skip
ABOVE_EACH_OTHER = ["formation.radius_low_m=0", "formation.radius_high_m=0", "formation.rise_m=0.8"]


def simulator(*changes, drones=8, count=16, **how):
    """Worlds at their start, exact and all alike."""
    environment = load_environment("swarm", [*CALM, *changes, f"world.drones={drones}"])
    sim = _core.VecSim(count, environment.core_settings(), **how)
    sim.start(3)
    return sim


def hovering(sim):
    thrust = load_environment("swarm").load_airframe().hover_thrust_n
    return np.tile(np.array([thrust, 0, 0, 0], np.float32), (sim.num_drones, 1))


def fields(rows, kind="observation"):
    ends = np.cumsum([field["size"] for field in SWARM[kind]])[:-1]
    return {f["name"]: part for f, part in zip(SWARM[kind], np.split(rows, ends, -1), strict=False)}


def rotation(q):
    x, y, z, w = q
    return np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ])  # fmt: skip


@pytest.mark.parametrize("isa", _core.instruction_sets())
@pytest.mark.parametrize(("drones", "count"), [(4, 20), (8, 16), (32, 32)])
def test_wakes_press_down_those_below_in_the_same_world_alone(drones, count, isa):
    changes = [*STILL, *ABOVE_EACH_OTHER]
    with_wakes = simulator(*changes, drones=drones, count=count, isa=isa)
    without = simulator(*changes, "randomization={ downwash = { range = [0, 0] } }",
                        drones=drones, count=count, isa=isa)  # fmt: skip
    height = with_wakes.truth[:, 2].astype(float)
    for sim in (with_wakes, without):
        sim.fly(hovering(sim))
    below = height.reshape(-1, drones, 1) - height.reshape(-1, 1, drones)  # of i under j
    dz = np.maximum(-below, 0.0)
    force_n = -12.05 * 9.81e-3 / (np.maximum(dz, 0.1) + 0.828) ** 2 * np.minimum(dz / 0.1, 1.0)
    expected = 0.01 * force_n.sum(axis=2).ravel() / with_wakes.parameters[:, 0]
    felt = (with_wakes.truth[:, 9] - without.truth[:, 9]).astype(float)
    np.testing.assert_allclose(felt, expected, rtol=0.02, atol=2e-6)  # the rest is drag
    highest = height.reshape(-1, drones).argmax(axis=1)
    assert (felt.reshape(-1, drones)[np.arange(count // drones), highest] == 0.0).all()
    assert felt.min() < -0.02


def expected_neighbours(told, now, drones):
    """Positions and velocities of the nearest three, in the body frame of each drone."""
    position, velocity = np.empty((len(now), 3, 3)), np.empty((len(now), 3, 3))
    for i, state in enumerate(now):
        first = i // drones * drones
        others = [j for j in range(first, first + drones) if j != i]
        others.sort(key=lambda j: np.linalg.norm(told[j, :3] - told[i, :3]))
        R_WB = rotation(state[3:7])
        for k, j in enumerate(others[:3]):
            position[i, k] = R_WB.T @ (told[j, :3] - state[:3])
            velocity[i, k] = R_WB.T @ (told[j, 7:10] - state[7:10])
    shrink = 1.0 + np.linalg.norm(position, axis=2, keepdims=True) / 4.0
    return (position / shrink).reshape(-1, 9), velocity.reshape(-1, 9)


@pytest.mark.parametrize("isa", _core.instruction_sets())
@pytest.mark.parametrize(("drones", "count"), [(4, 20), (8, 24), (16, 32), (64, 64)])
def test_neighbours_are_the_nearest_of_the_world_in_the_body_frame(drones, count, isa):
    sim = simulator("start.position_m=0.5", "start.yaw_rad=3", drones=drones, count=count, isa=isa)

    def compare(told, now):
        seen = fields(sim.observation)
        position, velocity = expected_neighbours(told.astype(float), now.astype(float), drones)
        np.testing.assert_allclose(seen["neighbour_position"], position, atol=2e-6)
        np.testing.assert_allclose(seen["neighbour_velocity"], velocity, atol=3e-6)

    start = sim.truth.copy()
    compare(start, start)
    # Physics alone moves a twin, which tells the truth of each step; the swarm itself is stepped.
    twin = simulator("start.position_m=0.5", "start.yaw_rad=3", drones=drones, count=count, isa=isa)
    told = start
    for _ in range(5):
        sim.step(hovering(sim))
        twin.fly(hovering(twin))
        compare(told, twin.truth)
        told = twin.truth.copy()


def test_slots_lie_on_a_circle_and_each_drone_has_its_own():
    sim = simulator(*STILL, "formation.radius_low_m=0.5", "formation.radius_high_m=0.5",
                    "formation.height_m=1.5", "formation.rise_m=0")  # fmt: skip
    place = sim.truth[:, :3]
    slots = sim.places[:, 0]
    angle = 2 * np.pi * slots / 8
    circle = np.stack([0.5 * np.cos(angle), 0.5 * np.sin(angle), np.full(16, 1.5)], axis=1)
    np.testing.assert_allclose(place, circle, atol=1e-6)
    np.testing.assert_allclose(fields(sim.observation)["slot_near"], 0.0, atol=1e-6)
    for world in slots.reshape(2, 8):
        assert sorted(world) == list(range(8))


def test_a_world_trades_its_slots_at_once_whatever_becomes_of_its_drones():
    sim = simulator("formation.trade_s=0.5", "episode.max_steps=30")
    rng, commands = np.random.default_rng(0), hovering(sim)
    deals, ended, trades = set(), 0, []
    for _ in range(200):
        sim.step(commands + rng.normal(0, [0.05, 3, 3, 1], (16, 4)).astype(np.float32))
        ended += int((sim.terminated | sim.truncated).sum())
        for slots, times in zip(*sim.places.T.reshape(2, 2, 8), strict=True):
            assert sorted(slots) == list(range(8))
            assert len(set(times)) == 1
            deals.add(tuple(slots))
        trades.append(sim.places[[0, 8], 1])
    assert ended >= 16 * 6
    assert len(deals) > 4
    assert (np.diff(trades, axis=0).sum(axis=0) == 4).all()  # 2 s of every half a second
    when = [np.flatnonzero(np.diff(world)) for world in np.transpose(trades)]
    assert not np.array_equal(*when)  # each world has times of its own


def test_the_slot_is_shown_from_the_drone_and_scored_by_distance():
    sim = simulator("start.position_m=0.5", "start.yaw_rad=3", "reward.scale=1")
    slot = fields(sim.observation)["slot_near"].astype(float)
    true = fields(sim.privileged, "privileged")
    np.testing.assert_allclose(true["true_slot_position"], slot, atol=1e-5)
    turned = [rotation(state[3:7]) @ offset for state, offset in zip(sim.truth, slot, strict=True)]
    np.testing.assert_allclose((sim.truth[:, :3] + turned)[:, 2], 1.0, atol=0.2)
    sim.step(hovering(sim))
    after = fields(sim.privileged, "privileged")["true_slot_position"].astype(float)
    away = np.linalg.norm(after, axis=1)
    terms = dict(zip(SWARM["reward_terms"], sim.take_reward_terms(), strict=True))
    assert terms["distance"] == pytest.approx((1 - away).sum(), rel=1e-4)
    assert terms["precision"] == pytest.approx((1 / (1 + (away / 0.1) ** 2)).sum(), rel=1e-4)
    assert sim.reward.sum() == pytest.approx(sum(terms.values()), rel=1e-4)


def test_nearness_and_collisions_have_their_price():
    sim = simulator(*STILL, *ABOVE_EACH_OTHER, drones=4, count=32)
    height = sim.truth[:, 2].reshape(8, 4).astype(float)
    apart = np.abs(height[:, :, None] - height[:, None]) + 9.0 * np.eye(4)
    nearest = apart.min(axis=2).ravel()
    assert 0 < (nearest < 0.1).sum() < 32
    sim.step(hovering(sim))
    terms = dict(zip(SWARM["reward_terms"], sim.take_reward_terms(), strict=True))
    assert terms["proximity"] == pytest.approx(-0.5 * np.maximum(0.3 - nearest, 0).sum(), rel=1e-4)
    assert terms["collision"] == pytest.approx(-4.0 * (nearest < 0.1).sum())
    assert not sim.terminated.any()
    ends = simulator(*STILL, *ABOVE_EACH_OTHER, "episode.collisions=1", drones=4, count=32)
    ends.step(hovering(ends))
    np.testing.assert_array_equal(ends.terminated, nearest < 0.1)


def test_a_drone_that_begins_anew_is_told_of_where_it_does():
    sim = simulator(*STILL, "start.velocity_m_s=3", "formation.trade_s=0", "episode.max_steps=10")
    slots = sim.truth.copy()
    for step in range(1, 12):
        sim.step(hovering(sim))
        assert sim.truncated.all() == (step == 10)
    seen = fields(sim.observation)
    now = slots.copy()
    for i, (R_WB, offset) in enumerate(zip(seen["rotation_WB"], seen["slot_near"], strict=True)):
        now[i, :3] -= R_WB.reshape(3, 3) @ offset
    away = np.linalg.norm(now[:, :3] - slots[:, :3], axis=1)
    assert 0.01 < away.max() < 0.06  # a step, not eleven
    position, _ = expected_neighbours(slots.astype(float), now.astype(float), 8)
    np.testing.assert_allclose(seen["neighbour_position"], position, atol=1e-5)


def test_a_snapshot_goes_on_to_the_bit():
    sim = simulator("start.position_m=0.5")
    for _ in range(7):
        sim.step(hovering(sim))
    kept, runs = sim.snapshot(), []
    for _ in range(2):
        sim.restore(kept)
        for _ in range(5):
            sim.step(hovering(sim))
        runs.append(sim.observation.tobytes())
    other = simulator("start.position_m=0.5")
    other.restore(kept)
    for _ in range(5):
        other.step(hovering(other))
    assert runs[0] == runs[1] == other.observation.tobytes()


def test_a_drone_takes_at_most_two_kibibytes():
    assert simulator(count=1024).bytes_per_drone <= 2048


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: simulator(count=12),
         r"num_drones: expected whole worlds of 8 \(world.drones\), got 12"),
        (lambda: simulator(drones=6, count=12),
         "world.drones: expected a power of two from 4 to 64, got 6"),
        (lambda: _core.TaskSession("swarm", _core.CommandLimits(0.0, 0.5, [1.0, 1.0, 1.0])),
         "TaskSession: expected a task of drones on their own, got swarm"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_in_one_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
