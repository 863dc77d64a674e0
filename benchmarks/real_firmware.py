# SPDX-License-Identifier: Apache-2.0
"""One policy, flown by the real firmware built for Linux and by the firmware double.

Run it with `python benchmarks/real_firmware.py FIRMWARE COMMIT --policy FILE`. Both stand behind
`martlet twin` with the same link, and are flown by `martlet fly --backend hardware`: a hover, then
the references asked for. Errors are of the estimate that each firmware sends, the double's of
motion capture's noise, the real one's of its own Kalman filter.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from recording import record

MARTLET = (sys.executable, "-m", "martlet.cli")
READY_S = 60.0


def main() -> None:
    """Fly both, and record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("firmware", type=Path, help="its executable")
    parser.add_argument("commit", help="what it was built from")
    parser.add_argument("--policy", type=Path, required=True)
    parser.add_argument("--airframe", default="cf21_plus")
    parser.add_argument("--thrust", choices=("pwm", "linear"), default="pwm")
    parser.add_argument("--tasks", nargs="+", default=["lemniscate"])
    parser.add_argument("--hover-s", type=float, default=10.0)
    parser.add_argument("--dry", action="store_true", help="record nothing")
    arguments = parser.parse_args()
    # The double speaks the newest protocol unless told so; it is to take thrust as the other does.
    flown = {
        "firmware": fly(arguments, ("--firmware", str(arguments.firmware))),
        "double": fly(arguments, ("--protocol", "7")),
    }
    asked = {name: getattr(arguments, name) for name in ("commit", "airframe", "thrust", "hover_s")}
    if arguments.dry:
        print(json.dumps(flown, indent=2))  # noqa: T201
    else:
        record("real_firmware", asked | flown)


def fly(arguments: argparse.Namespace, kind: tuple[str, ...]) -> dict[str, Any]:
    """One flight; returns what of its report concerns the errors."""
    with tempfile.TemporaryDirectory() as folder, twin(arguments, kind) as uri:
        fleet = Path(folder) / "fleet.toml"
        fleet.write_text(
            f'[[drones]]\nname = "cf1"\nuri = "{uri}"\nairframe = "{arguments.airframe}"\n'
            f'thrust = "{arguments.thrust}"\nstart = [0.0, 0.0, 0.0]\n'
        )
        words = ["fly", "--backend", "hardware", "--fleet", str(fleet), "--json"]
        words += ["--policy", str(arguments.policy), "--hover-s", str(arguments.hover_s)]
        words += ["--run", str(Path(folder) / "run"), "--tasks", *arguments.tasks]
        done = subprocess.run([*MARTLET, *words], capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{uri}: {done.stderr.strip()}")
    report = json.loads(done.stdout)
    kept = ("landed", "guard_interventions", "hover_error_m", "references", "command_latency_ms")
    return {name: report[name] for name in kept}


@contextmanager
def twin(arguments: argparse.Namespace, kind: tuple[str, ...]) -> Iterator[str]:
    """A twin in a process of its own; yields its address."""
    words = ["twin", "--port", "0", "--airframe", arguments.airframe, "--thrust", arguments.thrust]
    process = subprocess.Popen([*MARTLET, *words, *kind], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(READY_S)


if __name__ == "__main__":
    main()
