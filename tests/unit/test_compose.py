# SPDX-License-Identifier: Apache-2.0
"""The containers run what continuous integration runs, and nothing else."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"
DOCKERFILE = ROOT / "docker" / "Dockerfile"


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]
    return found


def _check_schema(file: Path) -> subprocess.CompletedProcess[str]:
    command = ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _instructions(dockerfile: str) -> list[list[str]]:
    """Instructions of a Dockerfile as words: the instruction, then its arguments."""
    joined = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", dockerfile, flags=re.MULTILINE))
    return [line.split() for line in joined.splitlines() if line.strip()]


def _run_commands(dockerfile: str) -> list[list[str]]:
    commands = []
    for instruction, *words in _instructions(dockerfile):
        if instruction == "RUN":
            commands += [part.split() for part in " ".join(words).split("&&")]
    return commands


def _targets_of_ci() -> set[str]:
    script = (ROOT / ".ci" / "run").read_text()
    return {
        target
        for line in re.findall(r"^make (.*)$", script, re.MULTILINE)
        for target in line.split()
    }


def test_compose_file_fits_the_schema() -> None:
    done = _check_schema(COMPOSE)

    assert done.returncode == 0, done.stdout


def test_schema_check_refuses_an_unknown_key(tmp_path: Path) -> None:
    broken = tmp_path / "docker-compose.yml"
    broken.write_text(COMPOSE.read_text().replace("    devices:", "    devises:"))

    assert _check_schema(broken).returncode != 0


def test_compose_offers_the_four_services_on_one_image(services: dict[str, Any]) -> None:
    assert set(services) == {"simulation", "training", "tests", "hardware"}
    assert {service["image"] for service in services.values()} == {"martlet"}
    assert (ROOT / services["tests"]["build"]["dockerfile"]) == DOCKERFILE


def test_compose_services_run_make_targets_that_exist(services: dict[str, Any]) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    for service in services.values():
        make, target, *settings = service["command"]
        assert make == "make"
        assert target in targets
        assert all("=" in setting for setting in settings)


def test_compose_passes_the_radio_through_to_hardware_alone(services: dict[str, Any]) -> None:
    assert services["hardware"]["devices"] == ["/dev/bus/usb:/dev/bus/usb"]
    assert services["hardware"]["device_cgroup_rules"] == ["c 189:* rmw"]  # 189: USB devices
    for name in ("simulation", "training", "tests"):
        assert "devices" not in services[name]
        assert "privileged" not in services[name]


def test_dockerfile_runs_apt_and_what_ci_runs_alone() -> None:
    commands = _run_commands(DOCKERFILE.read_text())

    assert commands
    for tool, *arguments in commands:
        assert tool in {"apt-get", "make"}
        if tool == "make":
            assert set(arguments) <= _targets_of_ci()
        else:
            assert arguments[0] in {"update", "install"}


def test_dockerfile_pins_its_base_by_version() -> None:
    bases = [words[1] for words in _instructions(DOCKERFILE.read_text()) if words[0] == "FROM"]

    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.1[123]\.\d+-\w+", bases[0])


def test_ci_runs_make_test() -> None:
    assert "test" in _targets_of_ci()


def test_dev_container_builds_the_same_image() -> None:
    file = ROOT / ".devcontainer" / "devcontainer.json"
    build = json.loads(file.read_text())["build"]

    assert (file.parent / build["dockerfile"]).resolve() == DOCKERFILE
    assert (file.parent / build["context"]).resolve() == ROOT
