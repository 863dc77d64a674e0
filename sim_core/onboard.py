# SPDX-License-Identifier: Apache-2.0
"""What a policy on board says of itself: words for numbers of policy_export/firmware/cpp/martlet.h.

Whoever compiles it, simulates it or hears of it over the radio speaks of it in these.
"""

from dataclasses import dataclass

PERIOD_MS, MOTORS_PERIOD_MS = 10, 2
"""martlet_period_ms of policies that command thrust and body rates, and of those of motors."""

STATUSES = ("idle", "flying", "back", "refused")
"""In the order of `enum martlet_status`."""

REASONS = (
    "none",
    "the weights are not those that were exported",
    "this machine does not compute what the policy's proof says",
    "nothing heard from the laptop for too long",
    "the estimate is not finite or stands still",
    "outside of the fence",
    "tilted too far",
    "too fast",
    "no such task on board",
    "too far from where the task begins",
    "the policy's output is not finite",
)
"""In the order of `enum martlet_reason`."""


@dataclass(frozen=True)
class Step:
    """What came of one step on board.

    Attributes:
        status: One of `STATUSES`.
        reason: One of `REASONS`.
        command: Collective thrust [N] and body rates [rad/s; B], or of a policy of motors M1 to M4
            as shares of full scale; None unless it flies.
        rest: Where to come to rest, x, y, z [m; W] and yaw [rad], and how long that takes [s]; None
            unless the policy let go by itself in this step.
    """

    status: str
    reason: str
    command: tuple[float, float, float, float] | None
    rest: tuple[tuple[float, float, float, float], float] | None
