# SPDX-License-Identifier: Apache-2.0
"""Findings on several recordings as one."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")


def joined(scores: Sequence[T]) -> T:
    """One after the other.

    Args:
        scores: Dataclasses of one kind, whose fields are all arrays over drones, or worlds.
    """
    kind: Any = type(scores[0])
    parts = {f.name: [getattr(s, f.name) for s in scores] for f in fields(kind)}
    whole: T = kind(**{name: np.concatenate(arrays) for name, arrays in parts.items()})
    return whole
