# SPDX-License-Identifier: Apache-2.0
"""The command line: train, evaluate, export, fly, measure, mend.

Exit status: 0 done, 1 it was tried and failed, 2 it was asked for wrongly.
"""

import re
import sys
from collections.abc import Callable

import tyro
from tyro.conf import DisallowNone

from evaluation.errors import EvaluationError
from firmware_bridge.errors import FirmwareBridgeError
from martlet.commands import flying, learning, measuring
from martlet.errors import MartletError
from policy_export.errors import PolicyExportError
from sim_core.errors import SimCoreError
from training.errors import TrainingError

_OURS = (
    SimCoreError,
    PolicyExportError,
    EvaluationError,
    TrainingError,
    FirmwareBridgeError,
    MartletError,
)

_COMMANDS: dict[str, Callable[..., None]] = {
    "train": learning.train,
    "eval": learning.evaluate,
    "export": learning.export,
    "fly": flying.fly,
    "validate": measuring.validate,
    "replay": measuring.replay,
    "sysid": measuring.sysid,
    "key": flying.key,
    "teleop": flying.teleop,
    "view": flying.view,
    "twin": flying.twin,
    "bench": measuring.bench,
    "doctor": measuring.doctor,
}

READING = (DisallowNone,)
"""How arguments are read: what may be left out is not typed as None, nor shown as {None}|PATH."""


def main() -> None:
    """Run a command; say what is wrong in one sentence."""
    for command in _COMMANDS.values():
        command.__doc__ = unwrapped(command.__doc__ or "")
    try:
        tyro.extras.subcommand_cli_from_dict(
            _COMMANDS,
            prog="martlet",
            description="Train flight policies; fly them over ROS 2.",
            config=READING,
        )
    except _OURS as error:
        # A refused input is also a ValueError or a KeyError; what failed in the doing is not.
        _complain(str(error))
        sys.exit(2 if isinstance(error, ValueError | LookupError) else 1)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _complain(f"{where}{error.strerror or error}.")
        sys.exit(1)
    except KeyboardInterrupt:
        _complain("stopped by the user; what was written so far is whole.")
        sys.exit(1)


def unwrapped(text: str) -> str:
    """A docstring with each argument's words in one line: tyro keeps the breaks that it finds."""
    return re.sub(r"\n {12}(?=\S)", " ", text)


def _complain(sentence: str) -> None:
    print(f"martlet: {sentence}", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main()
