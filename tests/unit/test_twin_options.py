# SPDX-License-Identifier: Apache-2.0
"""Twins that nobody could open are refused before any of them is made."""

import pytest

from firmware_bridge.errors import TwinSettingsError
from martlet.twin import TwinOptions, make_server


@pytest.mark.parametrize("drones", [-1, 0, 100_000])
def test_a_number_of_twins_that_is_none_is_refused(drones):
    with pytest.raises(TwinSettingsError, match=rf"--drones: expected 1 to 64, got {drones}\."):
        make_server(TwinOptions(drones=drones))
