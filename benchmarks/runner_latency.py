# SPDX-License-Identifier: Apache-2.0
"""Latency of PolicyRunner for one drone.

Run it with `python benchmarks/runner_latency.py`; the measuring itself is martlet/bench/runner.py.
"""

from recording import record

from martlet.bench import measure

if __name__ == "__main__":
    record("runner_latency", measure(["runner"]))
