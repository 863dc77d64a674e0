# SPDX-License-Identifier: Apache-2.0
"""What rooms share: exported policies, the command line, and patience with the wall clock."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

FLIGHTS = {"integration", "ros"}
"""Folders where `make pytest` looks for tests by the wall clock."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Dear files first, so that no core waits for the last one; wall clocks get a second chance.

    What a stalled machine spoilt is flown again, twice at most.
    """
    dear = set()
    for item in items:
        if item.get_closest_marker("slow") or item.get_closest_marker("ros"):
            dear.add(item.path)
        if item.get_closest_marker("wall_clock"):
            item.add_marker(pytest.mark.flaky(reruns=2))
            if item.path.parent.name not in FLIGHTS:
                raise pytest.UsageError(
                    f"{item.nodeid}: expected a test by the wall clock in {sorted(FLIGHTS)} alone."
                )
    items.sort(key=lambda item: item.path not in dear)


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


class Answer(NamedTuple):
    """What a command came to, printed and complained of."""

    code: int
    out: str
    errors: str


@pytest.fixture
def martlet(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Answer]:
    """Give `martlet` some words, in this process, which has imported most of it."""
    from martlet import cli

    def ask(*words: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["martlet", *map(str, words)])
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        told = capsys.readouterr()
        return Answer(code, told.out, told.err)

    return ask
