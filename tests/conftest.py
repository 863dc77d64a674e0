# SPDX-License-Identifier: Apache-2.0
"""What several rooms' tests share: an exported policy, and patience with the wall clock."""

from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Fly again what a stalled machine spoilt: tests by the wall clock, twice at most."""
    for item in items:
        if item.get_closest_marker("wall_clock"):
            item.add_marker(pytest.mark.flaky(reruns=2))


@pytest.fixture(scope="session")
def policy_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a policy that flies; see sample_policy.py."""
    from sample_policy import MANIFEST, ProportionalActor

    from policy_export.export import export_policy

    path = tmp_path_factory.mktemp("policy") / "policy.onnx"
    export_policy(ProportionalActor(), MANIFEST, path)
    return path


@pytest.fixture(scope="session")
def race_policy_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a policy that flies at gates; see gate_policy.py."""
    from gate_policy import RACE_MANIFEST, GateActor

    from policy_export.export import export_policy

    path = tmp_path_factory.mktemp("race_policy") / "policy.onnx"
    export_policy(GateActor(), RACE_MANIFEST, path)
    return path


@pytest.fixture(scope="session")
def group_policy_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a policy that flies anything; see group_policy.py."""
    from group_policy import GROUP_MANIFEST, GroupActor

    from policy_export.export import export_policy

    path = tmp_path_factory.mktemp("group_policy") / "policy.onnx"
    export_policy(GroupActor(), GROUP_MANIFEST, path)
    return path
