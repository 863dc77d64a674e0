# SPDX-License-Identifier: Apache-2.0
"""ROS 2 nodes: what a node decides is pure (x.py), the node a shell beside it (x_node.py)."""
