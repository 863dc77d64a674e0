# SPDX-License-Identifier: Apache-2.0
"""What --help shows is wrapped for the terminal, not where a source line happened to end."""

from collections.abc import Callable

import pytest

from martlet import cli
from martlet.cli import unwrapped


@pytest.mark.parametrize("command", cli._COMMANDS.values(), ids=cli._COMMANDS.keys())
def test_each_argument_is_one_line(command: Callable[..., None]) -> None:
    _, _, arguments = unwrapped(command.__doc__ or "").partition("Args:\n")
    names = list(command.__annotations__)
    names.remove("return")
    said = [line.split(":")[0].strip() for line in arguments.splitlines() if line.strip()]
    assert said == names


@pytest.mark.parametrize("command", ["fly", "eval"])
def test_a_value_that_may_be_left_out_shows_its_kind_alone(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["martlet", command, "--help"])
    with pytest.raises(SystemExit):
        cli.main()
    told = capsys.readouterr().out
    assert "--drones INT" in told
    assert "{None}" not in told
