# SPDX-License-Identifier: Apache-2.0
"""From a torch actor to policy.onnx: one file with weights, scaling and manifest, sealed.

Uses the exporter that PyTorch maintains (torch.export, dynamo=True). It takes 4 to 6 s the first
time in a process, most of it imports; the TorchScript one takes 0.1 s and is to be removed.
"""

import contextlib
import dataclasses
import logging
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import onnx
import torch

from policy_export.errors import ShapeError
from policy_export.manifest import METADATA_KEY, UNSEALED, Manifest, sealed

INPUT, OUTPUT = "observation", "command"
OPSET = 18
"""The operator set that torch 2.6 to 2.13 write without a conversion."""


def export_policy(actor: torch.nn.Module, manifest: Manifest, path: str | Path) -> Manifest:
    """Write a policy file: beside its place first, then renamed, so that no half file is seen.

    Args:
        actor: From observations (batch, OBS) in SI units to commands (batch, 4) [N, rad/s], not
            clipped; normalisation and scaling are its own business and end up in the graph.
        manifest: What the file says about itself; its seal is set here.
        path: Where to write.

    Returns:
        The manifest as written, sealed.

    Raises:
        ShapeError: The actor does not take these observations or does not give commands.
    """
    path = Path(path)
    _check_actor(actor, manifest.observation_size)
    model = _traced(actor, manifest.observation_size)
    unsealed = dataclasses.replace(manifest, sha256=UNSEALED)
    _tidy(model)
    entry = model.metadata_props.add()
    entry.key, entry.value = METADATA_KEY, unsealed.to_json()
    onnx.checker.check_model(model)
    raw = sealed(model.SerializeToString(deterministic=True))
    _write_whole(raw, path)
    written = next(p.value for p in onnx.load_from_string(raw).metadata_props)
    return Manifest.from_json(written)


def _check_actor(actor: torch.nn.Module, size: int) -> None:
    with torch.no_grad():
        try:
            commands = actor(torch.zeros(2, size))
        except RuntimeError as error:
            raise ShapeError(
                f"actor: expected one that takes observations of the manifest's {size} numbers,"
                f" got: {str(error).splitlines()[0]}."
            ) from error
    if tuple(commands.shape) != (2, 4) or commands.dtype != torch.float32:
        raise ShapeError(
            "actor: expected commands float32 (2, 4) for 2 observations,"
            f" got {str(commands.dtype).removeprefix('torch.')} {tuple(commands.shape)}."
        )


def _traced(actor: torch.nn.Module, size: int) -> onnx.ModelProto:
    was_training = actor.training
    actor.eval()
    try:
        with _hushed():
            program = torch.onnx.export(
                actor,
                (torch.zeros(2, size),),
                input_names=[INPUT],
                output_names=[OUTPUT],
                opset_version=OPSET,
                dynamo=True,
                dynamic_shapes=({0: torch.export.Dim("batch")},),
                verbose=False,
            )
    finally:
        actor.train(was_training)
    if program is None:  # torch's signature allows it; with dynamo=True it does not happen
        raise RuntimeError("torch.onnx.export gave no program.")
    return program.model_proto


@contextlib.contextmanager
def _hushed() -> Iterator[None]:
    """Keep from the user what torch says to its own developers.

    The exporter logs that torchvision is not installed (we have no use for it), and torch 2.13
    calls its own deprecated `isinstance(treespec, LeafSpec)`. Anything else passes.
    """
    log = logging.getLogger("torch.onnx._internal.exporter._registration")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", r"`isinstance\(treespec, LeafSpec\)`", FutureWarning)
            yield
    finally:
        log.setLevel(level)


def _tidy(model: onnx.ModelProto) -> None:
    """Drop what depends on where and when the file was made: stack traces, paths, names."""
    del model.metadata_props[:]
    graph = model.graph
    for part in (graph, *graph.node, *graph.input, *graph.output, *graph.initializer):
        del part.metadata_props[:]
        part.doc_string = ""
    for value in graph.value_info:
        del value.metadata_props[:]
        value.doc_string = ""
    graph.name = "policy"
    model.producer_name = "martlet"
    model.producer_version = ""


def _write_whole(raw: bytes, path: Path) -> None:
    aside = path.with_name(path.name + ".part")
    try:
        with aside.open("wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
