# SPDX-License-Identifier: Apache-2.0
"""The process of another simulator, in an environment of its own: see peers/crazyflow_flight.py."""

import json
import os
import subprocess
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from peers import DRIVERS, ENVIRONMENTS, PeerError, last_line, python_of, variables_of

from sim_core.airframe import Airframe

Float32 = NDArray[np.float32]

SIMULATOR = "crazyflow"


class Simulator:
    """The process of a simulator with `count` drones of one kind.

    Attributes:
        facts: What its driver says of the drone.
        airframe: Ours for it, whose rate loop and thrust calibration fly it.
    """

    def __init__(self, drone: str, airframe: Airframe, count: int, peer: dict[str, Any]) -> None:
        """Start it.

        Raises:
            PeerError: It does not start.
        """
        self.airframe, self._count = airframe, count
        self._pipe, theirs = Pipe()
        paths = {"PYTHONPATH": str(Path(__file__).parent), "OMP_NUM_THREADS": "1", "NPROC": "1"}
        driver = DRIVERS / f"{SIMULATOR}_flight.py"
        with (ENVIRONMENTS / f"{SIMULATOR}_flight.log").open("w") as log:
            self._process = subprocess.Popen(
                [python_of(SIMULATOR), driver, str(theirs.fileno())],
                cwd=ENVIRONMENTS, env=os.environ | paths | variables_of(SIMULATOR, peer),
                pass_fds=[theirs.fileno()], stdout=log, stderr=log,
            )  # fmt: skip
        theirs.close()
        loop = airframe.rate_loop
        about = {
            "drone": drone, "count": count, "roll_pitch": loop.roll_pitch, "yaw": loop.yaw,
            "motor_max_n": airframe.rotors.thrust_max_n,
        }  # fmt: skip
        self.facts: dict[str, Any] = json.loads(self._ask(json.dumps(about).encode()))

    def ask(self, rows: Float32) -> Float32:
        """States (N, 13) after a message of so many rows: states to begin at, or commands."""
        answer = self._ask(np.ascontiguousarray(rows, np.float32).tobytes())
        return np.frombuffer(answer, np.float32).reshape(self._count, 13)

    def end(self) -> None:
        """Let it go."""
        self._pipe.close()
        self._process.wait()

    def _ask(self, message: bytes) -> bytes:
        try:
            self._pipe.send_bytes(message)
            return self._pipe.recv_bytes()
        except (EOFError, OSError):
            said = last_line(f"{SIMULATOR}_flight")
            raise PeerError(f"{SIMULATOR}: its driver ended; {said}") from None
