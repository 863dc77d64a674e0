# SPDX-License-Identifier: Apache-2.0
"""Environment steps a second of training with the settings of make fly.

Run it with `python benchmarks/training_speed.py`; the measuring is martlet/bench/training.py.
"""

from recording import record

from martlet.bench import measure

if __name__ == "__main__":
    record("training_speed", measure(["training"]))
