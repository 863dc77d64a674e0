# SPDX-License-Identifier: Apache-2.0
"""How far the core is from what the machine allows, and where the time goes.

Run it with `python benchmarks/roofline.py`; it compiles two small programs with g++. Peak:
multiplications and additions in the widest registers, on one core, and bytes a second over as much
memory as a step of the core touches. The core's operations are counted by running its own text over
a number type that counts, a fused multiply-add as one; the whole-number work of the noise is not
among them.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from recording import record

from martlet.bench.core import NUM_ENVS
from martlet.bench.core import measure as measure_core
from sim_core import _core
from sim_core.environment import Environment, load_environment
from sim_core.reference_library import draw_references

TRACK = _core.TASKS["track"]

HERE = Path(__file__).parent
CORE = HERE.parent / "sim_core" / "cpp"
FLAGS = ("-std=c++17", "-O3", "-Wno-psabi", "-ffp-contract=off", "-fno-math-errno",
         "-fno-trapping-math", f"-I{CORE / 'include'}")  # fmt: skip
WIDTHS = {
    "avx512": (16, "-mfma", "-mavx512f", "-mavx512dq", "-mavx512vl", "-mavx512bw",
               "-mprefer-vector-width=512"),
    "avx2": (8, "-mavx2", "-mfma"),
    "baseline": (4,),
    "scalar": (1,),
}  # fmt: skip
MEAN_EPISODE_STEPS = 512
"""A policy that flies; with the random commands of core_speed it is some 100."""


def main() -> None:
    """Measure, and record."""
    isa = _core.instruction_sets()[0]
    environment = load_environment("track")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_settings(environment, folder / "settings")
        parts = _parts(isa, folder)
        block = int(parts.pop("block")["ns"])
        touched = block + 4 * (TRACK["observation_size"] + TRACK["privileged_size"] + 5)
        peak_flop, peak_bytes = _peak(isa, folder, touched * NUM_ENVS)
    speed = measure_core(quick=False)["core_env_steps_per_s"]["1"]
    parts["reset"]["ns"] /= MEAN_EPISODE_STEPS
    flop = sum(part["operations"] for part in parts.values())
    total_ns = sum(part["ns"] for part in parts.values())
    record(
        "roofline",
        {
            "isa": isa,
            "core_env_steps_per_s": speed,
            "operations_per_step": flop,
            "bytes_touched_per_step": touched,
            "peak_operations_per_s": round(peak_flop),
            "peak_bytes_per_s": round(peak_bytes),
            "share_of_peak_operations": round(speed * flop / peak_flop, 3),
            "share_of_peak_bytes": round(2 * speed * touched / peak_bytes, 3),
            "parts": {
                name: {
                    "ns_per_step": round(part["ns"], 2),
                    "share": round(part["ns"] / total_ns, 3),
                    "operations": part["operations"],
                }
                for name, part in parts.items()
            },
        },
    )


def _write_settings(environment: Environment, path: Path) -> None:
    """Box, noise, limits, paths and commands, as parts.cpp reads them."""
    box, estimate = environment.parameter_box(), environment.estimate
    low, high = environment.command_limits()
    noise = [estimate.position_m, estimate.position_z_m, estimate.velocity_m_s,
             estimate.velocity_z_m_s, estimate.attitude_rad, estimate.body_rate_rad_s]  # fmt: skip
    references = draw_references(environment.references, 8.0, 0)
    rng = np.random.default_rng(0)
    hover = environment.load_airframe().hover_thrust_n
    commands = np.array([hover, 0, 0, 0]) + rng.normal(size=(NUM_ENVS, 4)) * [0.02, 0.3, 0.3, 0.1]
    with path.open("wb") as file:
        for numbers in (box.low, box.high, noise, [low[0], *high]):
            file.write(np.asarray(numbers, np.float32).tobytes())
        file.write(np.int32(len(references)).tobytes())
        for reference in references:
            file.write(np.int32(len(reference)).tobytes() + reference.tobytes())
        file.write(commands.astype(np.float32).tobytes())


def _compile(isa: str, program: Path, *sources: Path | str) -> None:
    lanes, *flags = WIDTHS[isa]
    defined = (f"-DLANES={lanes}", f"-DSIM_CORE_LANES={lanes}", f"-DSIM_CORE_ISA={isa}",
               f'-DSIM_CORE_ISA_NAME="{isa}"')  # fmt: skip
    subprocess.run(["g++", *FLAGS, *flags, *defined, *sources, "-o", program], check=True)


def _parts(isa: str, folder: Path) -> dict[str, dict[str, Any]]:
    program, table = folder / "parts", folder / "path_table.o"
    # The table is of the scalar namespace, whatever the parts are.
    source = CORE / "src" / "path_table.cpp"
    subprocess.run(["g++", *FLAGS, "-c", source, "-o", table], check=True)
    subprocess.run([sys.executable, CORE / "list_tasks.py", folder], check=True)
    _compile(isa, program, HERE / "roofline" / "parts.cpp", table, f"-I{folder}")
    command = [program, folder / "settings"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = (line.split() for line in run.stdout.splitlines())
    return {name: {"ns": float(ns), "operations": int(n)} for name, ns, n in rows}


def _peak(isa: str, folder: Path, size: int) -> tuple[float, float]:
    program = folder / "peak"
    _compile(isa, program, HERE / "roofline" / "peak.cpp")
    command = [program, str(size)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    operations, memory = run.stdout.split()
    return float(operations), float(memory)


if __name__ == "__main__":
    main()
