# SPDX-License-Identifier: Apache-2.0
"""Latency from state to command through ROS for one drone at 100 Hz.

Run it with `python benchmarks/ros_latency.py`; the measuring itself is martlet/bench/ros.py.
"""

from recording import record

from martlet.bench import measure

if __name__ == "__main__":
    record("ros_latency", measure(["ros"]))
