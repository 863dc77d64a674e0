# SPDX-License-Identifier: Apache-2.0
"""What stands between commands in SI units and a Crazyflie, real or not. Knows no ROS."""
