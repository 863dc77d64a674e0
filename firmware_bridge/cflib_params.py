# SPDX-License-Identifier: Apache-2.0
"""A drone's parameters over cflib: read, set for as long as the link is open, seen to be set."""

import math
import threading
from collections.abc import Callable
from typing import Any

from firmware_bridge.errors import LinkError

ANSWER_S = 5.0
"""So long may an answer take, over a radio that repeats what is lost: 15 ms are normal."""


class CflibParameters:
    """The parameters of one connected drone."""

    def __init__(self, param: Any, refusal: Callable[[str], LinkError]) -> None:
        """Nothing is set yet.

        Args:
            param: cflib's, of a drone that is fully connected.
            refusal: Makes the error of a reason.
        """
        self._param, self._refusal = param, refusal
        self._before: list[tuple[str, float]] = []

    def has(self, name: str) -> bool:
        """Whether the firmware has a parameter."""
        return self._param.toc.get_element_by_complete_name(name) is not None

    def number(self, name: str) -> int:
        """The number of a parameter that the firmware has, by which packets name it."""
        return int(self._param.toc.get_element_by_complete_name(name).ident)

    def value(self, name: str) -> float:
        """What a parameter stands at; not a number where the firmware has none of that name."""
        return float(self._param.get_value(name)) if self.has(name) else math.nan

    def set(self, name: str, value: float) -> None:
        """Set a parameter until `restore`, and see that it is set.

        Raises:
            LinkError: It is not.
        """
        before = self.value(name)
        if not _same(before, value):
            self.write(name, value)
            self._before.append((name, before))

    def write(self, name: str, value: float) -> None:
        """Set a parameter for good, and see that it is set.

        Raises:
            LinkError: It is not.
        """
        answered = threading.Event()
        group, _, rest = name.partition(".")

        def answer(_: str, __: str) -> None:
            answered.set()

        self._param.add_update_callback(group=group, name=rest, cb=answer)
        try:
            self._param.set_value(name, value)
            answered.wait(ANSWER_S)
        except (KeyError, AttributeError) as error:
            raise self._refusal(f"parameter {name} cannot be set: {error}") from None
        finally:
            self._param.remove_update_callback(group=group, name=rest, cb=answer)
        stands = float(self._param.values.get(group, {}).get(rest, math.nan))
        if not answered.is_set():
            raise self._refusal(f"it did not say in {ANSWER_S:g} s that {name} is {value:g}")
        if not _same(stands, value):
            raise self._refusal(f"it refuses parameter {name} = {value:g}, which stays {stands:g}")

    def restore(self) -> None:
        """Set back what was set, as far as the drone can still be reached."""
        for name, value in reversed(self._before):
            try:
                self.write(name, value)
            except LinkError:
                break  # it is gone; nothing else can be done for it
        self._before.clear()


def _same(one: float, other: float) -> bool:
    """Whether two values are one 32-bit float, or one whole number."""
    return math.isclose(one, other, rel_tol=1e-5, abs_tol=1e-9)
