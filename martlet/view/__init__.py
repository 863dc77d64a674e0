# SPDX-License-Identifier: Apache-2.0
"""Flights in three dimensions in the browser: `martlet view`."""
