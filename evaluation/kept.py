# SPDX-License-Identifier: Apache-2.0
"""Flights kept for replay: a file of arrays."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim_core import _core


def keep(path: Path, arrays: dict[str, Any], parameters: list[Any], about: dict[str, Any]) -> None:
    """Write an .npz, beside its place first, then renamed.

    Args:
        path: Where; its folder is made.
        arrays: What is in it.
        parameters: Of each flight's drones, which go into it with `parameter_names`.
        about: Texts beside them.
    """
    arrays = {
        **arrays,
        "parameters": np.stack(parameters),
        "parameter_names": np.array(_core.PARAMETER_NAMES),
        **{key: np.array(str(value)) for key, value in about.items()},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ".part")
    with aside.open("wb") as file:
        np.savez_compressed(file, **arrays)
    aside.replace(path)


def held(rows: NDArray[Any], length: int) -> NDArray[Any]:
    """A course of this many rows: after its end, its last."""
    return np.concatenate([rows, np.repeat(rows[-1:], length - len(rows), axis=0)])
