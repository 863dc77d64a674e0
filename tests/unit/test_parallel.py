# SPDX-License-Identifier: Apache-2.0
"""Two processes learn one policy over loopback; where one dies, both go on from the checkpoint."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from training.checkpoint import load_run
from training.parallel import Party

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).with_name("torchrun_run.py")
TORCHRUN = (sys.executable, "-m", "torch.distributed.run")


def torchrun(folder, processes, dies_in="never"):
    """Its exit code, and what it and its workers say; those that fail it starts again, once."""
    words = [*TORCHRUN, "--standalone", f"--nproc-per-node={processes}", "--max-restarts=1"]
    words += [str(SCRIPT), str(folder), dies_in]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        try:
            _, errors = process.communicate(timeout=240)
        finally:
            process.terminate()  # and it its workers
    return process.returncode, errors


def left_by(folder):
    return [np.load(folder / f"rank{rank}.npz") for rank in (0, 1)]


def assert_one_policy(folder):
    one, other = left_by(folder)
    assert np.array_equal(one["weights"], other["weights"])
    assert not np.array_equal(one["world"], other["world"])  # of drones of their own
    learner = load_run(folder / "checkpoint.pt")
    assert learner.steps == 5 * 512
    networks = (learner.actor, learner.critic)
    kept = [p.detach().numpy().ravel() for n in networks for p in n.parameters()]
    assert np.array_equal(np.concatenate(kept), one["weights"])


def steps_logged(folder):
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line)["steps"] // 512 for line in lines]


@pytest.fixture(scope="module")
def mended_run(tmp_path_factory):
    """The folder of a run whose last process died in its third update, once."""
    folder = tmp_path_factory.mktemp("mended") / "run"
    code, errors = torchrun(folder, 2, dies_in="0")
    assert code == 0, errors
    return folder


def test_two_processes_learn_one_policy(mended_run):
    assert_one_policy(mended_run)
    assert steps_logged(mended_run) == [1, 2, 3, 4, 5]


def test_a_worker_that_dies_is_started_again_from_the_last_checkpoint(mended_run):
    assert [int(left["begun"]) for left in left_by(mended_run)] == [2 * 512] * 2


def test_a_restart_does_not_take_over_somebody_elses_run(mended_run):
    before = (mended_run / "checkpoint.pt").read_bytes()
    code, errors = torchrun(mended_run, 1)
    assert code != 0
    assert "expected a new folder" in errors
    assert (mended_run / "checkpoint.pt").read_bytes() == before


def test_processes_have_seeds_of_their_own():
    seeds = [Party(rank, 64).seed_of(5) for rank in range(64)]
    assert len(set(seeds)) == 64
    assert seeds[0] == 5
    assert max(seeds) < 2**32
