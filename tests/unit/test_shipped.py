# SPDX-License-Identifier: Apache-2.0
"""The policies that come along: of this core, for these airframes, and they do fly."""

import pytest

from evaluation.evaluate import evaluate
from evaluation.races import RaceTrial, fly_races
from evaluation.swarms import SwarmTrial, fly_swarms
from martlet.errors import UsageError
from martlet.eval_environment import judged_in
from martlet.shipped import POLICIES, shipped_policy
from policy_export.runtime import PolicyRunner
from sim_core import _core


@pytest.fixture(params=POLICIES)
def airframe(request):
    return request.param


def test_a_file_is_of_this_core_and_airframe(airframe):
    manifest = PolicyRunner(shipped_policy(airframe), airframe=airframe).manifest
    layout = [(field.name, field.size) for field in manifest.observation]
    assert layout == [(f["name"], f["size"]) for f in _core.TASKS["all"]["observation"]]
    assert set(manifest.tasks) == {"all", "hover", "track", "race", "swarm"}
    assert "-dirty" not in manifest.training.commit


def test_it_hovers_races_and_keeps_a_formation(airframe):
    policy = shipped_policy(airframe)
    runner = PolicyRunner(policy)
    track = judged_in("track", (), policy)
    assert evaluate(policy, "hover", 32, 5, environment=track)["success_rate"] > 0.9
    race = fly_races(runner, "", RaceTrial("lsy", 0), judged_in("race", (), policy), 64, 5)
    assert race.figures["success_rate"] > 0.6
    swarm = fly_swarms(
        runner, "", SwarmTrial("static", 8, 5.0), judged_in("swarm", (), policy), 2, 5
    )
    assert swarm.figures["crash_rate"] == 0.0
    assert swarm.figures["slot_error_m"]["mean"] < 0.15


def test_another_airframe_is_told_of_those_there_are():
    with pytest.raises(UsageError, match="policies come for cf21_brushless and cf21_plus"):
        shipped_policy("balloon")
    assert shipped_policy(None) == shipped_policy("cf21_brushless") != shipped_policy("cf21_plus")
