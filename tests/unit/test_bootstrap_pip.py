# SPDX-License-Identifier: Apache-2.0
"""pip, as the set-up calls it."""

import json
from pathlib import Path

from bootstrap import pip
from bootstrap.layout import Layout
from bootstrap.shell import Shell


def _installed(site_packages: Path, name: str, *files: str) -> Path:
    folder = site_packages / name
    folder.mkdir()
    for file in files:
        (folder / file).touch()
    return folder


def test_forget_half_installed_keeps_what_is_whole(tmp_path: Path) -> None:
    whole = _installed(tmp_path, "numpy-2.4.6.dist-info", "METADATA", "RECORD", "INSTALLER")
    half = _installed(tmp_path, "torch-2.13.0.dist-info", "METADATA", "RECORD")
    aside = _installed(tmp_path, "~orch")
    code = _installed(tmp_path, "torch")

    assert sorted(pip.forget_half_installed(tmp_path)) == ["torch-2.13.0.dist-info", "~orch"]

    assert whole.is_dir()
    assert code.is_dir()
    assert not half.exists()
    assert not aside.exists()


def test_download_bytes_sums_what_pip_reports(tmp_path: Path) -> None:
    wheel = tmp_path / "torch%2Bcpu.whl"
    (tmp_path / "torch+cpu.whl").write_bytes(b"12345")
    urls = [f"file://{wheel}", f"file://{wheel}"]
    layout = _with_pip_that_reports(tmp_path, urls)

    assert pip.download_bytes(Shell(tmp_path / "torch.log", {}), layout, "torch") == 10


def test_download_bytes_of_an_unknown_size_is_none(tmp_path: Path) -> None:
    layout = _with_pip_that_reports(tmp_path, ["http://127.0.0.1:9/torch.whl"])

    assert pip.download_bytes(Shell(tmp_path / "torch.log", {}), layout, "torch") is None


def _with_pip_that_reports(root: Path, urls: list[str]) -> Layout:
    layout = Layout(root)
    layout.python.parent.mkdir(parents=True)
    report = {"install": [{"download_info": {"url": url}} for url in urls]}
    (root / "report.json").write_text(json.dumps(report))
    script = '#!/bin/sh\n/bin/cp "$(/usr/bin/dirname "$0")/../../report.json" "$7"\n'
    layout.python.write_text(script)
    layout.python.chmod(0o755)
    return layout


def test_environment_keeps_the_users_indexes_and_nothing_installed_elsewhere() -> None:
    base = {
        "PIP_EXTRA_INDEX_URL": "file:///wheels",
        "PIP_USER": "1",
        "PYTHONPATH": "/opt/ros/jazzy/lib/python3.12/site-packages",
    }

    env = pip.environment(base)

    assert env["PIP_EXTRA_INDEX_URL"] == "file:///wheels"
    assert env["PIP_USER"] == "0"
    assert "PYTHONPATH" not in env
