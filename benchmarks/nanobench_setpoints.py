# SPDX-License-Identifier: Apache-2.0
"""Cuts the set-points that NanoBench's drones were given out of its files.

Run it with `python benchmarks/nanobench_setpoints.py SOURCE NAME...`, the folder with its CSV
files and the names of the flights. The flights in the project's form lack the set-points;
this writes them to evaluation/validation/nanobench/setpoints.npz: for each flight, every 50 ms from
5.3 s after its start until the landing is commanded, x, y and z in whole mm.
"""

import csv
import sys
from pathlib import Path

import numpy as np

OUT = Path(__file__).parent.parent / "evaluation" / "validation" / "nanobench" / "setpoints.npz"
START_S, EVERY_S = 5.3, 0.05


def main() -> None:
    """Cut, and write."""
    if len(sys.argv) < 3:
        sys.exit("usage: python benchmarks/nanobench_setpoints.py SOURCE NAME...")
    source, *names = sys.argv[1:]
    cut = {}
    for name in sorted(names):
        with (Path(source) / f"{name}.csv").open() as stream:
            rows = list(csv.DictReader(stream))
        t = np.array([float(row["t"]) for row in rows])
        t -= t[0]
        wanted = np.array([[float(row[f"sp_ctrltarget_{a}"]) for a in "xyz"] for row in rows])
        last = t[np.flatnonzero(wanted[:, 2] > 0.95)[-1]]
        times = np.arange(START_S, last, EVERY_S)
        path = np.stack([np.interp(times, t, column) for column in wanted.T], axis=1)
        cut[name] = np.round(1e3 * path).astype(np.int16)
    OUT.parent.mkdir(exist_ok=True)
    np.savez_compressed(OUT, **cut)
    print(f"{len(cut)} flights, {OUT.stat().st_size} bytes -> {OUT}")  # noqa: T201


if __name__ == "__main__":
    main()
