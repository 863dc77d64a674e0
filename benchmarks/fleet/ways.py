# SPDX-License-Identifier: Apache-2.0
"""Where a command's time goes between the state that it answers and the link, by the recording."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory

STATES, COMMANDS = "/fleet/states", "/fleet/cmd_rate_thrust"


def ways_ms(bag: Path, timed: Path, warm_up_s: float) -> dict[str, dict[str, float]]:
    """Median and 99th percentile of each part of the way [ms], as `p50` and `p99`.

    Args:
        bag: The recording.
        timed: What timed_backend.py has written.
        warm_up_s: Of the first commands, that count for nothing.

    Returns:
        "state to link" (the whole, of each drone's command), and of it "state to topic" (from the
        stamp, which in simulation is counted from the promptest), "topic to answer" (DDS, the
        policy, its message), and "answer to link" (DDS, the guard, the sender, the socket).
    """
    sent: dict[str, dict[float, float]] = {STATES: {}, COMMANDS: {}}
    with next(bag.glob("*.mcap")).open("rb") as stream:
        reader = make_reader(stream, decoder_factories=[DecoderFactory()])
        for _, channel, raw, message in reader.iter_decoded_messages(list(sent)):
            stamp = message.header.stamp
            told_s = sent[channel.topic]
            told_s.setdefault(_key(stamp.sec + 1e-9 * stamp.nanosec), 1e-9 * raw.publish_time)
    rows = [(_key(stamp_s), late_s) for stamp_s, late_s in json.loads(timed.read_text())]
    begun_s = min((stamp_s for stamp_s, _ in rows), default=0.0) + warm_up_s
    rows = [
        row for row in rows if row[0] > begun_s and all(row[0] in told for told in sent.values())
    ]
    if not rows:
        return {}
    stamps_s, late_s = np.array(rows).T
    states_s, answers_s = (np.array([told[s] for s in stamps_s]) for told in sent.values())
    told_s = states_s - stamps_s
    if stamps_s[0] < 1e6:  # the simulator's clock begins at 0, not in 1970
        told_s = told_s - told_s.min()
    answered_s = answers_s - states_s
    parts = {
        "state to link": late_s,
        "state to topic": told_s,
        "topic to answer": answered_s,
        "answer to link": late_s - told_s - answered_s,
    }
    return {name: _percentiles(values) for name, values in parts.items()}


def _key(stamp_s: float) -> float:
    return round(stamp_s, 6)


def _percentiles(values_s: Any) -> dict[str, float]:
    p50, p99 = np.percentile(1e3 * values_s, [50, 99]).round(2).tolist()
    return {"p50": p50, "p99": p99}
