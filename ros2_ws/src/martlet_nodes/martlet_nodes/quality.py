# SPDX-License-Identifier: Apache-2.0
"""The qualities of service of a flight's topics."""

from rclpy.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    QoSProfile,
    ReliabilityPolicy,
    qos_profile_sensor_data,
)

STATES = qos_profile_sensor_data
"""States, poses and clocks: the newest counts, a lost one is gone."""

COMMANDS = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=1, reliability=ReliabilityPolicy.BEST_EFFORT
)
"""Streamed commands: only the newest."""

LOSSLESS = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=5000, reliability=ReliabilityPolicy.RELIABLE
)
"""What lockstep offers instead of both: equal flights give equal recordings, none lacks a message.
Whoever asks for best effort is served as before."""

STATUS = QoSProfile(
    history=HistoryPolicy.KEEP_LAST,
    depth=10,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)
"""Status and battery: reliable, and whoever comes late hears how things stand."""

STATUS_LOSSLESS = QoSProfile(
    history=HistoryPolicy.KEEP_LAST,
    depth=LOSSLESS.depth,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)
"""The same in lockstep, where a listener may fall seconds of flight behind."""

KEPT = QoSProfile(
    history=HistoryPolicy.KEEP_LAST,
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)
"""What is said once, for whoever comes."""

TOOLS = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=10, reliability=ReliabilityPolicy.RELIABLE
)
"""TF and diagnostics, as their tools ask for them."""
