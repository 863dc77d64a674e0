# SPDX-License-Identifier: Apache-2.0
"""What is written is what was trained, whole or not at all, and parity is able to say no."""

import dataclasses
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from sample_policy import ENVIRONMENT, MANIFEST, ProportionalActor

from policy_export import verify
from policy_export.errors import ParityError, ShapeError
from policy_export.export import OPSET, export_policy
from policy_export.manifest import METADATA_KEY, UNSEALED, check_seal
from policy_export.verify import LIMIT, RecordedFlight, export_verified, verify_policy
from sim_core import _core
from sim_core.tasks import load_task

SIZE = MANIFEST.observation_size


def recorded(count: int, steps: int) -> tuple[RecordedFlight, np.ndarray]:
    """A flight of the training environment and the observations in it."""
    task = load_task("lemniscate")
    settings = ENVIRONMENT.core_settings()
    sims = [_core.VecSim(count, settings, [task.reference.samples], isa="scalar") for _ in range(2)]
    for sim in sims:
        sim.start(3)
    actor, states, observations = ProportionalActor(), [], []
    for _ in range(steps):
        states.append(sims[0].estimate.copy())
        observations.append(sims[1].observation.copy())
        with torch.no_grad():
            commands = actor(torch.from_numpy(observations[-1])).numpy()
        sims[0].fly(commands)
        sims[1].step(commands)
    return RecordedFlight(np.stack(states), [task] * count), np.concatenate(observations)


def test_file_network_has_one_input_and_one_output_of_any_batch(policy_path: Path) -> None:
    model = onnx.load(policy_path)
    shapes = {
        value.name: [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]
        for value in (*model.graph.input, *model.graph.output)
    }
    assert shapes == {"observation": ["batch", SIZE], "command": ["batch", 4]}
    assert [(o.domain, o.version) for o in model.opset_import] == [("", OPSET)]


def test_file_manifest_is_the_one_given_and_sealed(policy_path: Path) -> None:
    check_seal(policy_path.read_bytes(), "policy.onnx")
    (entry,) = onnx.load(policy_path).metadata_props
    assert entry.key == METADATA_KEY
    written = type(MANIFEST).from_json(entry.value)
    assert written.sha256 != UNSEALED
    assert dataclasses.replace(written, sha256=UNSEALED) == MANIFEST


def test_file_knows_nothing_of_the_machine_that_made_it(policy_path: Path) -> None:
    raw = policy_path.read_bytes()
    for word in (b"site-packages", b".py", str(Path.home()).encode(), b"stack_trace"):
        assert word not in raw


def test_export_over_an_old_file_puts_equal_bytes_of_equal_weights_in_its_place(
    policy_path: Path, tmp_path: Path
) -> None:
    path = tmp_path / "policy.onnx"
    path.write_bytes(b"the one before")
    reader = path.open("rb")  # who has it open goes on reading the old one, whole
    actor = ProportionalActor().train()
    export_policy(actor, MANIFEST, path)
    with reader:
        assert reader.read() == b"the one before"
    assert actor.training
    assert path.read_bytes() == policy_path.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["policy.onnx"]


class WrongActor(torch.nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(inputs, outputs)

    def forward(self, observation: torch.Tensor) -> torch.Tensor:
        return self.layer(observation)


@pytest.mark.parametrize(
    ("actor", "sentence"),
    [
        (WrongActor(SIZE + 1, 4), f"observations of the manifest's {SIZE} numbers"),
        (WrongActor(SIZE, 3), r"expected commands float32 \(2, 4\).*got float32 \(2, 3\)"),
        (WrongActor(SIZE, 4).double(), "actor: expected"),
    ],
)
def test_export_actor_that_does_not_fit_leaves_the_old_file(
    tmp_path: Path, actor: torch.nn.Module, sentence: str
) -> None:
    path = tmp_path / "policy.onnx"
    path.write_bytes(b"the one before")
    with pytest.raises(ShapeError, match=sentence):
        export_policy(actor, MANIFEST, path)
    assert path.read_bytes() == b"the one before"
    assert [p.name for p in tmp_path.iterdir()] == ["policy.onnx"]


def test_verify_flight_of_the_same_actor_agrees(policy_path: Path) -> None:
    flight, observations = recorded(4, 200)
    actor = ProportionalActor().train()
    report = verify_policy(actor, policy_path, observations, flight)
    assert report.samples == 2 * 4 * 200
    assert 0.0 < report.largest <= LIMIT
    assert report.largest == max(report.onnxruntime, report.policy_runner)
    assert actor.training


def test_verify_actor_that_learned_on_is_refused(policy_path: Path) -> None:
    flight, observations = recorded(1, 20)
    actor = ProportionalActor()
    with torch.no_grad():
        actor.weight_n *= 1.0002  # 6e-5 N
    with pytest.raises(ParityError, match=r"onnxruntime differs from torch by [3-6]\.\de-05"):
        verify_policy(actor, policy_path, observations, flight)


def test_verify_flight_alone_can_refuse(policy_path: Path) -> None:
    """What PolicyRunner does beyond the network is compared too: here its first past command."""
    flight, observations = recorded(1, 20)

    class Peeking(ProportionalActor):
        def forward(self, observation: torch.Tensor) -> torch.Tensor:
            # Differs where the drone does more than 10 m/s: in no observation given.
            fast = (observation[:, 30:31].abs() > 10.0).float()
            return super().forward(observation) + 0.1 * fast

    fast = dataclasses.replace(flight, states=flight.states + np.eye(13, dtype=np.float32)[7] * 30)
    verify_policy(Peeking(), policy_path, observations, flight)
    with pytest.raises(ParityError, match="policy_runner differs"):
        verify_policy(Peeking(), policy_path, observations, fast)


def test_export_verified_file_appears_only_when_it_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flight, observations = recorded(1, 20)
    path = tmp_path / "policy.onnx"
    report = export_verified(ProportionalActor(), MANIFEST, path, observations, flight)
    assert report.largest <= LIMIT
    path.write_bytes(b"the one before")
    monkeypatch.setattr(verify, "LIMIT", 0.0)
    with pytest.raises(ParityError, match="differs from torch"):
        export_verified(ProportionalActor(), MANIFEST, path, observations, flight)
    assert path.read_bytes() == b"the one before"
    assert [p.name for p in tmp_path.iterdir()] == ["policy.onnx"]


def test_verify_commands_that_are_no_numbers_are_refused(policy_path: Path) -> None:
    _, observations = recorded(1, 5)
    observations[3, 0] = np.nan
    with pytest.raises(ParityError, match="by nan"):
        verify_policy(ProportionalActor(), policy_path, observations)


@pytest.mark.parametrize(
    "observations",
    [np.zeros((0, SIZE), np.float32), np.zeros((3, SIZE)), np.zeros(SIZE, np.float32)],
)
def test_verify_observations_of_another_shape_are_refused(
    policy_path: Path, observations: np.ndarray
) -> None:
    with pytest.raises(ShapeError, match=rf"expected float32 \(K ≥ 1, {SIZE}\)"):
        verify_policy(ProportionalActor(), policy_path, observations)
