# SPDX-License-Identifier: Apache-2.0
"""Martlet: train a flight policy, export it, fly it over ROS 2."""
