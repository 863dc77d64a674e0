# SPDX-License-Identifier: Apache-2.0
"""Reward that rises while the referee's score does not: the reward pays for something else."""

import math
from collections.abc import Callable

WINDOW = 3
"""Verdicts without progress before it is said; a run asks for ten."""

REWARD_SHARE = 0.1
"""Of all that the reward has risen and fallen in the run; less within a window is a plateau, where
a good score has nothing left to gain either. # guess"""

SCORE_STEP = 0.02
"""What two verdicts on equal policies may differ by: of tracking, 5 % of the error. # guess"""


class Disagreement:
    """Watches mean rewards and scores, one pair a verdict; the first window is not judged."""

    def __init__(self, told: Callable[[str], None]) -> None:
        """`told` gets the sentence, once until the score moves again."""
        self._told, self._pairs, self._silent = told, list[tuple[float, float]](), False

    def note(self, reward: float, score: float, best: float = math.inf) -> bool:
        """Take note of a verdict.

        Args:
            reward: Mean a control step since the last verdict.
            score: The referee's, more is better.
            best: What no score exceeds; near it there is nothing left to gain.

        Returns:
            Whether reward and score disagree.
        """
        self._pairs.append((reward, score))
        if len(self._pairs) < WINDOW + 2:
            return False
        rewards, scores = zip(*self._pairs, strict=True)
        rise = rewards[-1] - rewards[-1 - WINDOW]
        rising = rise > REWARD_SHARE * (max(rewards) - min(rewards))
        gained = max(scores[-WINDOW:]) - max(scores[:-WINDOW])
        apart = bool(rising and gained < SCORE_STEP and scores[-1] < best - SCORE_STEP)
        if apart and not self._silent:
            self._told(
                f"reward rose by {rise:.3g} a step over {WINDOW} verdicts while the referee's score"
                f" went from {scores[-1 - WINDOW]:.2f} to {scores[-1]:.2f}: the reward may pay for"
                " something else than the task."
            )
        self._silent = apart
        return apart
