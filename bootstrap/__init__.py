# SPDX-License-Identifier: Apache-2.0
"""From a fresh machine to a working set-up.

The standard library alone, run by the Python of the machine before anything is installed.
"""
