# SPDX-License-Identifier: Apache-2.0
"""How a bag is played back; apart, so that the command line starts fast."""

from dataclasses import dataclass

from martlet.errors import UsageError


@dataclass(frozen=True)
class Playing:
    """How a bag is played.

    Attributes:
        speed: With --play: times the time in which it was recorded.
        start_s: With --play: how much is left out at its beginning.
        loop: With --play: begin anew at its end.
    """

    speed: float = 1.0
    start_s: float = 0.0
    loop: bool = False

    def check(self) -> None:
        """Check the numbers.

        Raises:
            UsageError: All faults in one sentence.
        """
        faults = []
        if not 0.01 <= self.speed <= 100.0:
            faults.append(f"speed: expected 0.01 to 100, got {self.speed:g}")
        if not self.start_s >= 0.0:
            faults.append(f"start_s: expected at least 0, got {self.start_s:g}")
        if faults:
            raise UsageError(f"replay: {'; '.join(faults)}.")
