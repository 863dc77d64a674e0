# SPDX-License-Identifier: Apache-2.0
"""Kinds of drones, as their firmware names them."""

DEVICE_NAMES = {"cf21": "Crazyflie 2.1", "cf21bl": "Crazyflie 2.1 Brushless"}
"""What a firmware answers when asked for its kind, by the platform of an airframe."""
