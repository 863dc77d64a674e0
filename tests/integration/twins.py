# SPDX-License-Identifier: Apache-2.0
"""Twins on free ports of this machine, in threads or processes of their own."""

import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

from firmware_bridge.crtp_drone import TwinDrone, TwinSettings
from firmware_bridge.crtp_link import LinkConditions
from firmware_bridge.crtp_server import TwinServer
from firmware_bridge.firmware_double import DoubleSettings
from sim_core.airframe import load_airframe

AIRFRAME = load_airframe("cf21_plus")
QUIET = DoubleSettings(0, 0.0, 0.0, noise=False, battery=False)


@contextmanager
def running(count=1, conditions=None, airframe=AIRFRAME, unit=None, **settings):
    """Twins in a thread, a policy on board where a unit is given; yields their server."""
    drones = [
        TwinDrone(airframe, TwinSettings(QUIET, **settings), (0.0, 0.5 * i, 0.0, 0.0), unit)
        for i in range(count)
    ]
    stop = threading.Event()
    with TwinServer(drones, conditions or LinkConditions(), 0) as server:
        thread = threading.Thread(target=server.run, args=(stop,))
        thread.start()
        try:
            yield server
        finally:
            stop.set()
            server.wake()
            thread.join()


@contextmanager
def twin_process(*options):
    """`martlet twin` in a process of its own; yields the process and its addresses."""
    process = subprocess.Popen(
        [sys.executable, "-m", "martlet.cli", "twin", "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.terminate()
        process.communicate(timeout=10)


def wait_for(condition, timeout_s):
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.01)
    return False
