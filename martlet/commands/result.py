# SPDX-License-Identifier: Apache-2.0
"""What commands share: options of the same name, and how each tells its result."""

import json
from collections.abc import Callable
from typing import Annotated, Any

from tyro.conf import UseAppendAction, arg

Json = Annotated[bool, arg(name="json", help="Print one JSON object on standard output.")]
Changes = Annotated[
    tuple[tuple[str, ...], ...],  # of each --set
    UseAppendAction,
    arg(
        name="set",
        metavar="KEY=VALUE",
        help="Change values of the environment file, in TOML: start.position_m=0.5; a text wants"
        """ its quotes: 'airframe="heavy.toml"'; of train also ppo.discount=0.99.""",
    ),
]


def tell(figures: dict[str, Any], as_json: bool, show: Callable[[dict[str, Any]], None]) -> None:
    """Print a command's result: one JSON object for machines, or as `show` does for people."""
    if as_json:
        print(json.dumps(figures))  # noqa: T201  # the command's result
    else:
        show(figures)
