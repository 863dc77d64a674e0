# SPDX-License-Identifier: Apache-2.0
"""The parts of `martlet fly`: processes, the sequence of a flight, its recording, its figures."""
