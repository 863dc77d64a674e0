# SPDX-License-Identifier: Apache-2.0
"""Which build of PyTorch the set-up takes."""

import pytest

from bootstrap import torch_build

ALLOWED = "torch>=2.6,<3"
LISTING = """\
torch (2.15.0)
Available versions: 2.15.0, 2.13.0+cpu, 2.13.0, 2.6.0
  LATEST:    2.15.0
"""


def test_offered_versions_reads_pips_listing() -> None:
    assert torch_build.offered_versions(LISTING) == ["2.15.0", "2.13.0+cpu", "2.13.0", "2.6.0"]


def test_offered_versions_of_a_pip_that_failed_are_none() -> None:
    assert torch_build.offered_versions("") == []


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (["2.15.0", "2.13.0+cpu", "2.13.0"], "torch==2.13.0+cpu"),
        (["2.15.0+cpu", "2.13.0+cpu"], "torch==2.13.0+cpu"),  # the tested one first
        (["2.15.0+cpu", "2.14.0+cpu", "2.13.0"], "torch==2.15.0+cpu"),
        (["2.15.0", "2.13.0"], "torch==2.13.0"),
        (["2.15.0", "2.14.0"], "torch==2.15.0"),
        (["2.15.0+cu130", "2.14.0+cpu"], "torch==2.14.0+cpu"),
        (["3.0.0+cpu", "2.5.1+cpu", "2.14.0"], "torch==2.14.0"),  # out of the range
        (["2.16.0rc1+cpu", "2.9.0"], "torch==2.9.0"),
        (["2.10.0"], "torch==2.10.0"),  # 10 is more than 6
        ([], ALLOWED),
    ],
)
def test_choose_prefers_a_cpu_build_and_then_the_tested_release(
    offered: list[str], chosen: str
) -> None:
    assert torch_build.choose(offered, ALLOWED) == chosen


def test_warning_says_the_size_and_the_way_out() -> None:
    warning = torch_build.warning("torch==2.13.0", 2_740_000_000)

    assert "torch==2.13.0 is 2.7 GB to download" in warning
    assert "PIP_EXTRA_INDEX_URL" in warning
    assert "several GB" in torch_build.warning("torch==2.13.0", None)


def test_is_large_is_for_what_brings_cuda_and_for_what_is_not_known() -> None:
    assert torch_build.is_large(2_740_000_000)
    assert torch_build.is_large(None)
    assert not torch_build.is_large(192_000_000)
    assert not torch_build.is_large(0)


def test_the_project_admits_the_tested_release() -> None:
    from bootstrap.command_line import ROOT
    from bootstrap.layout import Layout

    allowed = [line for line in Layout(ROOT).extra("train") if line.startswith("torch")]

    assert len(allowed) == 1
    offered = [f"{torch_build.TESTED}+cpu"]
    assert torch_build.choose(offered, allowed[0]) == f"torch=={torch_build.TESTED}+cpu"
