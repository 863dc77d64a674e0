# SPDX-License-Identifier: Apache-2.0
"""A flight's processes as `martlet fly` starts them, and what is measured of them."""
