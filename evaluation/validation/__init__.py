# SPDX-License-Identifier: Apache-2.0
"""How far the simulator's physics predicts recorded flights of real drones."""
