# SPDX-License-Identifier: Apache-2.0
"""Simulators of the field and our core, timed in turns in one session.

Run it with `python benchmarks/peers.py`. Each peer is installed into a virtual environment of its
own under .venv-peers/ (l2f and hyperdrone compile for some minutes) and driven by a program under
peers/, which stays alive through all rounds; a round times every work of every simulator once, so
that what else the machine does falls on all alike. What cannot be installed or driven is said in
one sentence, and the others go on. With `--only` nothing is recorded.
"""

import argparse
import json
import os
import subprocess
import sys
import tomllib
from functools import partial
from importlib.metadata import version
from itertools import chain, product
from pathlib import Path
from typing import Any

from marked import replace_between
from peers_table import OURS, parse_answer, sum_up, tables, with_ratios
from recording import record

HERE = Path(__file__).parent
DRIVERS = HERE / "peers"
ENVIRONMENTS = HERE.parent / ".venv-peers"
PAGE = HERE.parent / "docs" / "peers.md"
BEGIN, END = "<!-- peers -->", "<!-- end of peers -->"

SECONDS = 0.5
"""Of one timing: thousands of steps of the fast ones, at least one of the slowest."""

PROCESSES = min(2, os.cpu_count() or 1)
"""At most at once, of one thread each."""


class PeerError(RuntimeError):
    """A simulator that cannot be installed or driven."""


class Driver:
    """A driver's process."""

    def __init__(self, name: str, peer: dict[str, Any]) -> None:
        self.name = name
        # One thread each, whatever is inside: OpenMP and BLAS, and XLA's pool.
        variables = os.environ | {"OMP_NUM_THREADS": "1", "NPROC": "1"} | variables_of(name, peer)
        self._process = subprocess.Popen(
            [python_of(name), DRIVERS / f"{name}_driver.py"],
            cwd=ENVIRONMENTS, env=variables, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=(ENVIRONMENTS / f"{name}.log").open("a"),
        )  # fmt: skip

    def ask(self, work: str) -> None:
        """Begin to time a work."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"work": work, "seconds": SECONDS}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise PeerError(f"{self.name}: its driver ended; {last_line(self.name)}") from None

    def answer(self) -> dict[str, Any]:
        """Wait for a line; what libraries print besides is no answer."""
        assert self._process.stdout is not None
        line = next((line for line in self._process.stdout if line.startswith("{")), "")
        if not line:
            raise PeerError(f"{self.name}: its driver ended; {last_line(self.name)}")
        try:
            return parse_answer(line, self.name)
        except ValueError as error:
            raise PeerError(str(error)) from None

    def end(self) -> None:
        """Let it go."""
        self._process.kill()
        self._process.wait()


def main() -> None:
    """Install, time, record, and write the page."""
    peers = tomllib.loads((DRIVERS / "peers.toml").read_text())
    names = [name for name in peers if name != OURS]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=names, help="one peer, beside ours; records nothing")
    parser.add_argument("--rounds", type=int, default=7, help="each times every work once")
    arguments = parser.parse_args()
    chosen = [OURS, arguments.only] if arguments.only else [OURS, *names]
    figures = measure({name: peers[name] for name in chosen}, max(1, arguments.rounds))
    if arguments.only:
        print(json.dumps(figures, indent=2))  # noqa: T201
        return
    results = json.loads(record("peers", figures).read_text())
    PAGE.write_text(replace_between(PAGE.read_text(), BEGIN, END, tables(results, peers)))


def measure(peers: dict[str, dict[str, Any]], rounds: int) -> dict[str, Any]:
    """Time all that can be, in turns."""
    drivers: dict[str, list[Driver]] = {}
    failed: dict[str, str] = {}
    versions: dict[str, str] = {}
    try:
        for name, peer in peers.items():
            try:
                versions[name] = install(name, peer)
                drivers[name] = [Driver(name, peer) for _ in range(PROCESSES)]
            except PeerError as error:
                failed[name] = str(error)
        told: dict[str, dict[str, Any]] = {}
        for name, together in drivers.items():  # which compile at the same time
            try:
                *_, told[name] = [driver.answer() for driver in together]
            except PeerError as error:
                failed[name] = str(error)
        answers: dict[tuple[str, str, int], list[Any]] = {}
        for _ in range(rounds):
            for name, count in product(drivers, range(1, PROCESSES + 1)):
                if name in failed:
                    continue
                try:
                    for work in told[name]["works"]:
                        found = _time(drivers[name][:count], work)
                        answers.setdefault((name, work, count), []).append(found)
                except PeerError as error:
                    failed[name] = str(error)
    finally:
        for driver in chain.from_iterable(drivers.values()):
            driver.end()
    measured: dict[str, Any] = {}
    for (name, work, count), found in answers.items():
        if name not in failed:
            summary = sum_up(found, peers[name]["substeps"])
            measured.setdefault(name, {}).setdefault(work, {})[str(count)] = summary
    return {
        "rounds": rounds,
        "seconds": SECONDS,
        "num_envs": {name: told[name]["num_envs"] for name in measured},
        "versions": {name: versions[name] for name in measured},
        "measured": with_ratios(measured, peers),
        "not_measured": failed,
    }


def _time(together: list[Driver], work: str) -> list[dict[str, Any]]:
    for driver in together:
        driver.ask(work)
    return [driver.answer() for driver in together]


def install(name: str, peer: dict[str, Any]) -> str:
    """Lay down a peer's virtual environment, unless it stands; returns its version."""
    folder, log = ENVIRONMENTS / name, ENVIRONMENTS / f"{name}.log"
    ENVIRONMENTS.mkdir(exist_ok=True)
    requirements = list(peer["requirements"])
    if not requirements:
        return version(name)
    if peer.get("torch"):
        requirements.append(f"torch=={version('torch')}")
    stamp, told = folder / "installed.json", str(requirements[0].split("==")[1])
    if stamp.exists() and json.loads(stamp.read_text()) == requirements:
        return told
    with log.open("w") as out:
        try:
            run = partial(subprocess.run, stderr=out, text=True, check=True)
            run([sys.executable, "-m", "venv", "--clear", folder], stdout=out)
            wanted = requirements
            if "edits" in peer:
                edit = [python_of(name), DRIVERS / peer["edits"], folder / "sources", told]
                path = run(edit, stdout=subprocess.PIPE).stdout.strip()
                wanted = [path, *requirements[1:]]
            run([python_of(name), "-m", "pip", "install", *wanted], stdout=out)
        except subprocess.CalledProcessError:
            raise PeerError(f"{name}: cannot be installed; {last_line(name)}") from None
    stamp.write_text(json.dumps(requirements))
    return told


def python_of(name: str) -> Path:
    """Its interpreter."""
    own = ENVIRONMENTS / name / "bin" / "python"
    return Path(sys.executable) if name == OURS else own


def variables_of(name: str, peer: dict[str, Any]) -> dict[str, str]:
    """What its process wants to see in its environment."""
    places = {"venv": str(ENVIRONMENTS / name), "here": str(DRIVERS)}
    return {key: value.format(**places) for key, value in peer.get("environment", {}).items()}


def last_line(name: str) -> str:
    """What its log ends with, and where the log is."""
    log = ENVIRONMENTS / f"{name}.log"
    lines = log.read_text().split("\n") if log.exists() else []
    last = next((line.strip() for line in reversed(lines) if line.strip()), "no word of it")
    return f"{last[:200]} ({log.relative_to(HERE.parent)})"


if __name__ == "__main__":
    main()
