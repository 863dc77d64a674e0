# SPDX-License-Identifier: Apache-2.0
"""Flights in which something fails: what flies, what fails, and where it ends."""
