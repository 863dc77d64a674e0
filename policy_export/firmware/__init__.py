# SPDX-License-Identifier: Apache-2.0
"""A policy file as C++ that an app of the Crazyflie firmware runs, and the proof of it."""
