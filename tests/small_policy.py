# SPDX-License-Identifier: Apache-2.0
"""Policy files with networks of any size and random weights, made without training or torch."""

import itertools
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from policy_export.manifest import METADATA_KEY, Manifest, sealed


def write_policy(
    path: Path,
    manifest: Manifest,
    hidden: tuple[int, ...] = (16, 16),
    activation: str = "Tanh",
    seed: int = 0,
    weights: np.ndarray | None = None,
) -> Path:
    """As the exporter lays it out: scales, layers, scales.

    With weights (4, OBS) there is one layer, which acts on the observation as it is.
    """
    rng = np.random.default_rng(seed)
    size = manifest.observation_size
    low, high = manifest.action.limits()
    motors = manifest.action.kind == "motors"
    hover = [manifest.action.hover] * 4 if motors else [manifest.hover_thrust_n, 0.0, 0.0, 0.0]
    constants = {
        "observation_offset": rng.normal(0.0, 0.1, size),
        "observation_scale": rng.uniform(0.2, 2.0, size),
        "command_half_range": (high - low) / 2.0,
        "command_center": np.array(hover),
    }
    nodes = [
        helper.make_node("Sub", ["observation", "observation_offset"], ["centered"]),
        helper.make_node("Mul", ["centered", "observation_scale"], ["h0"]),
    ]
    sizes = (size, *hidden, 4)
    for i, (inputs, outputs) in enumerate(itertools.pairwise(sizes)):
        constants[f"w{i}"] = rng.normal(0.0, 1.0 / np.sqrt(inputs), (outputs, inputs))
        constants[f"b{i}"] = rng.normal(0.0, 0.1, outputs)
        nodes.append(helper.make_node("Gemm", [f"h{i}", f"w{i}", f"b{i}"], [f"s{i}"], transB=1))
        if i < len(hidden):
            nodes.append(helper.make_node(activation, [f"s{i}"], [f"h{i + 1}"]))
    if weights is not None:
        constants |= {"observation_offset": np.zeros(size), "observation_scale": np.ones(size)}
        constants |= {"w0": weights, "b0": np.zeros(4)}
    last = f"s{len(hidden)}"
    nodes += [
        helper.make_node("Mul", ["command_half_range", last], ["ranged"]),
        helper.make_node("Add", ["command_center", "ranged"], ["command"]),
    ]
    graph = helper.make_graph(
        nodes,
        "policy",
        [helper.make_tensor_value_info("observation", TensorProto.FLOAT, ["batch", size])],
        [helper.make_tensor_value_info("command", TensorProto.FLOAT, ["batch", 4])],
        [numpy_helper.from_array(v.astype(np.float32), k) for k, v in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    entry = model.metadata_props.add()
    entry.key, entry.value = METADATA_KEY, manifest.to_json()
    path.write_bytes(sealed(model.SerializeToString(deterministic=True)))
    return path


def hovering_states(count: int, start: tuple[float, ...], seed: int = 0) -> np.ndarray:
    """States about a place, as a drone might wander there; the first at rest in it."""
    rng = np.random.default_rng(seed)
    states = np.zeros((count, 13))
    states[:, 3:7] = (0.0, 0.0, 0.0, 1.0)
    wander = rng.normal(0.0, 1.0, (count, 13)) * ([0.02] * 3 + [0.01] * 4 + [0.1] * 3 + [0.3] * 3)
    states += np.cumsum(wander, axis=0) / np.sqrt(np.arange(1, count + 1))[:, None]
    states[0] = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    states[:, :3] += start
    states[:, 3:7] /= np.linalg.norm(states[:, 3:7], axis=1, keepdims=True)
    return states.astype(np.float32)
