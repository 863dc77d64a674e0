# SPDX-License-Identifier: Apache-2.0
"""How well a policy flies: judged from recorded states, by code that training does not share."""
