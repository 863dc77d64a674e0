# SPDX-License-Identifier: Apache-2.0
"""Whether what was sampled over a long flight drifts: straight lines, and sentences on them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.stats

WARM_UP = 0.1
"""Share of the samples, from the first command on, that count for nothing: all still settle in."""

FEWEST = 20
"""Samples through which a line is drawn: of fewer any four that happen to rise would drift."""

LIMITS = {"memory": (16.0, "MiB"), "rate": (2.0, "Hz"), "latency": (2.0, "ms")}
"""What may change over a whole run.  # guess: a recorder's table of contents takes some 10 MiB for
an hour of four drones; 2 Hz and 2 ms no flight feels"""


def lines(samples: Sequence[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Straight lines through what was sampled, by Theil and Sen: a stalled second bends nothing.

    Args:
        samples: Each with `t_s`, `rate_hz` and `p50_ms`, which may be None, and `memory_mib` by
            process.

    Returns:
        By name, "memory of policy" for one, `first`, `last` (of the line) and `change` over the
        samples after the warm-up, with its bounds `low` and `high` at 95 % confidence.
    """
    flown = [place for place, sample in enumerate(samples) if sample["rate_hz"] is not None]
    begun = flown[0] if flown else len(samples)
    kept = samples[begun + int(WARM_UP * (len(samples) - begun)) :]
    series = {
        f"memory of {name}": [sample["memory_mib"].get(name) for sample in kept]
        for name in (kept[0]["memory_mib"] if kept else ())
    }
    series["rate"] = [sample["rate_hz"] for sample in kept]
    series["latency"] = [sample["p50_ms"] for sample in kept]
    found = {}
    for name, values in series.items():
        known = [(s["t_s"], v) for s, v in zip(kept, values, strict=True) if v is not None]
        if len(known) >= FEWEST:
            found[name] = _line(*np.array(known).T)
    return found


def sentences(found: dict[str, dict[str, float]]) -> list[str]:
    """What drifts: what even at the cautious end of its bounds changes by more than it may."""
    told = []
    for name, line in found.items():
        limit, unit = LIMITS[name.split()[0]]
        surely = max(line["low"], -line["high"], 0.0)
        if surely > limit:
            told.append(
                f"{name} drifts: expected a change of at most {limit:g} {unit}, got"
                f" {line['change']:+.1f} {unit}, from {line['first']:.1f} to {line['last']:.1f}."
            )
    return told


def _line(times_s: Any, values: Any) -> dict[str, float]:
    slope, intercept, low, high = scipy.stats.theilslopes(values, times_s)
    span_s = times_s[-1] - times_s[0]
    first = intercept + slope * times_s[0]
    named = {
        "first": first,
        "last": first + slope * span_s,
        "change": slope * span_s,
        "low": low * span_s,
        "high": high * span_s,
    }
    return {name: round(float(value), 3) for name, value in named.items()}
