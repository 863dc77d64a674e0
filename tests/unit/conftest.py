# SPDX-License-Identifier: Apache-2.0
"""The command line as a test asks it: in this process, which has imported all of it."""

import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from martlet import cli


class Answer(NamedTuple):
    """What a command came to, printed and complained of."""

    code: int
    out: str
    errors: str


@pytest.fixture
def martlet(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Answer]:
    """Give `martlet` some words."""

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
