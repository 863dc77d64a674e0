# SPDX-License-Identifier: Apache-2.0
"""Environment steps a second of the core on one and two threads.

Run it with `python benchmarks/core_speed.py`; the measuring itself is martlet/bench/core.py.
"""

from recording import record

from martlet.bench import measure

if __name__ == "__main__":
    record("core_speed", measure(["core"]))
