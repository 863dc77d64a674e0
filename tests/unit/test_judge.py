# SPDX-License-Identifier: Apache-2.0
"""What the referee looks at while one network learns: what `[mix]` trains, and no more."""

import pytest

from policy_export.verify import export_verified
from sim_core.environment import load_environment
from training.judge import judge_of
from training.manifest_of import manifest_of
from training.networks import Actor
from training.settings import PPOSettings

KINDS = ("path", "race", "more_races", "formation", "both")
FEW = [f"{name}.count=16" for name in ("references", "more_courses", "formations")]
"""To draw: an environment is there the sooner."""

JUDGED = {"hover_error_m", "race_success_rate", "rings_success_rate", "swarm_slot_error_m"}
"""A figure of each part."""


@pytest.mark.parametrize(
    ("trained", "labels", "figures"),
    [
        (("formation",), ["clean", "slots"], {"swarm_slot_error_m"}),
        (
            ("path", "more_races"),
            ["hover", "lemniscate", "rings"],
            {"hover_error_m", "rings_success_rate"},
        ),
        (
            ("both",),
            ["raced", "lap", "clean", "slots"],
            {"race_success_rate", "swarm_slot_error_m"},
        ),
        (KINDS, ["hover", "lemniscate", "raced", "lap", "rings", "clean", "slots"], JUDGED),
    ],
)
def test_the_referee_judges_what_the_mix_trains(trained, labels, figures, tmp_path):
    mix = [f"mix.{kind}={float(kind in trained)}" for kind in KINDS]
    environment = load_environment("all", [*mix, *FEW])
    manifest = manifest_of(environment, PPOSettings(), 0)
    actor = Actor(environment, 16, -0.5)
    judge = judge_of(environment, manifest, 8)
    verdict = judge(actor)
    assert list(verdict.told()) == labels
    assert JUDGED & set(verdict.figures()) == figures
    assert verdict.score <= verdict.best_score
    flight, seen = judge.record(actor)
    report = export_verified(actor, manifest, tmp_path / "policy.onnx", seen, flight)
    assert report.policy_runner < 1e-5
