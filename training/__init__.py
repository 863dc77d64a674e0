# SPDX-License-Identifier: Apache-2.0
"""Learning to fly: PPO in PyTorch over the compiled environment."""
