# SPDX-License-Identifier: Apache-2.0
"""An airframe's numbers from a drone's own flights."""
