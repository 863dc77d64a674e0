# SPDX-License-Identifier: Apache-2.0
"""What several rooms' tests share: one exported policy, since an export takes seconds."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def policy_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a policy that flies; see sample_policy.py."""
    from sample_policy import MANIFEST, ProportionalActor

    from policy_export.export import export_policy

    path = tmp_path_factory.mktemp("policy") / "policy.onnx"
    export_policy(ProportionalActor(), MANIFEST, path)
    return path
