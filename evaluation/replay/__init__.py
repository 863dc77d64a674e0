# SPDX-License-Identifier: Apache-2.0
"""Recorded commands flown in the simulator, beside what the drone did with them."""
