# SPDX-License-Identifier: Apache-2.0
"""What a flight consists of, described once."""
