# SPDX-License-Identifier: Apache-2.0
"""In what a policy that flies any task is judged: the task's own, with its drone and its limits."""

import pytest

from martlet.eval_environment import judged_in
from martlet.shipped import shipped_policy
from sim_core.environment import load_environment


@pytest.mark.parametrize("task", ["track", "race", "swarm"])
def test_a_policy_is_judged_with_its_own_drone(task):
    judged = judged_in(task, ["episode.max_steps=77"], shipped_policy(None))
    usual, own = load_environment(task), load_environment("all")
    assert judged.task == usual.task
    assert judged.max_steps == 77
    assert judged.airframe == "cf21_brushless"
    assert judged.action == own.action
    same = usual.airframe == "cf21_brushless"
    assert judged.randomization == (usual if same else own).randomization


def test_what_is_changed_of_a_drone_stays_changed():
    policy = shipped_policy("cf21_brushless")
    change = "randomization.mass_kg={ scale = [1.5, 1.5] }"
    assert judged_in("track", [change], policy).randomization["mass_kg"] == {"scale": [1.5, 1.5]}


def test_who_is_nobody_in_particular_gets_the_task_as_it_is():
    assert judged_in("race", (), None) == load_environment("race")
