# SPDX-License-Identifier: Apache-2.0
"""The network of a policy file as scales and dense layers, and what C++ makes of it, to the bit.

`Network.forward` takes products and sums in the order of cpp/network.hpp, unfused, in float32.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from policy_export.errors import FirmwareError

Float32 = NDArray[np.float32]
Activation = Literal["none", "tanh", "relu"]

ACTIVATIONS: dict[str, Activation] = {"Tanh": "tanh", "Relu": "relu"}
"""The activations that have a C form, by their operator."""

FORMS = ("Sub", "Add", "Mul", "Gemm", *ACTIVATIONS)
"""The operators that have a C form, where they stand as PyTorch's exporter puts them."""


@dataclass(frozen=True, eq=False)
class Dense:
    """A layer.

    Attributes:
        weights: As they are multiplied, float32 or int8, shape (outputs, inputs).
        scales: What the sum of each output's products is multiplied by, shape (outputs,); None: 1.
        biases: Shape (outputs,).
        activation: What becomes of the sum.
    """

    weights: NDArray[Any]
    biases: Float32
    activation: Activation
    scales: Float32 | None = None

    @property
    def inputs(self) -> int:
        """Numbers that go in."""
        return int(self.weights.shape[1])

    @property
    def outputs(self) -> int:
        """Numbers that come out."""
        return int(self.weights.shape[0])

    def forward(self, rows: Float32) -> Float32:
        """Rows (n, inputs) to rows (n, outputs)."""
        sums = np.zeros((len(rows), self.outputs), np.float32)
        for column in range(self.inputs):
            sums += self.weights[:, column].astype(np.float32) * rows[:, column : column + 1]
        if self.scales is not None:
            sums *= self.scales
        sums += self.biases
        if self.activation == "tanh":
            return tanh(sums)
        return np.maximum(sums, np.float32(0.0)) if self.activation == "relu" else sums


@dataclass(frozen=True, eq=False)
class Network:
    """What a policy file computes: center + half_range * layers((observation - offset) * scale)."""

    offset: Float32
    scale: Float32
    layers: tuple[Dense, ...]
    center: Float32
    half_range: Float32

    def forward(self, observations: Float32) -> Float32:
        """Observations (n, OBS) to commands (n, 4), not limited."""
        rows = (observations - self.offset) * self.scale
        for layer in self.layers:
            rows = layer.forward(rows)
        out: Float32 = self.center + self.half_range * rows
        return out

    def with_layers(self, layers: tuple[Dense, ...]) -> "Network":
        """The same with other layers."""
        return dataclasses.replace(self, layers=layers)


def tanh(x: Float32) -> Float32:
    """As sim_core/tanh.hpp computes it where nothing is fused, to the bit."""
    f = np.float32
    x = np.clip(x, f(-9.0), f(9.0))
    u = x * x
    p = u * f(1.33546364e-8) + f(2.06090764e-5)
    for coefficient in (3.49558838e-3, 0.133810261, 0.999999979):
        p = p * u + f(coefficient)
    q = u * f(7.77655152e-7) + f(3.28563478e-4)
    for coefficient in (0.0258769838, 0.467143417, 1.0):
        q = q * u + f(coefficient)
    out: Float32 = x * p / q
    return out


def read_network(path: Path) -> Network:
    """Read the network out of a policy file that was found fit before.

    Raises:
        FirmwareError: An operator, or an order of them, that has no C form.
    """
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(path).graph
    for node in graph.node:
        if node.op_type not in FORMS:
            raise FirmwareError(
                f"{path}: operator {node.op_type} has no C form; expected {', '.join(FORMS)}."
            )
    known = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    return _Reader(path, known).network(list(graph.node), graph.input[0].name)


class _Reader:
    """Follows the one way from observation to command."""

    def __init__(self, path: Path, known: dict[str, NDArray[Any]]) -> None:
        self._path = path
        self._known = known
        self._at = ""

    def network(self, nodes: list[Any], start: str) -> Network:
        self._at = start
        first = [self._constant(nodes, op, None) for op in ("Sub", "Mul")]
        layers: list[Dense] = []
        while nodes and nodes[0].op_type == "Gemm":
            layers.append(self._dense(nodes))
        if not layers:
            raise self._odd(nodes)
        size, outputs = layers[0].inputs, layers[-1].outputs
        last = [self._constant(nodes, op, outputs) for op in ("Mul", "Add")]
        if nodes:
            raise self._odd(nodes)
        offset, scale = (
            np.broadcast_to(each if each is not None else np.float32(neutral), (size,))
            for each, neutral in zip(first, (0.0, 1.0), strict=True)
        )
        half, center = (
            np.broadcast_to(each if each is not None else np.float32(neutral), (outputs,))
            for each, neutral in zip(last, (1.0, 0.0), strict=True)
        )
        return Network(_f32(offset), _f32(scale), tuple(layers), _f32(center), _f32(half))

    def _constant(self, nodes: list[Any], op: str, size: int | None) -> NDArray[Any] | None:
        """The constant of the next node, if it is this operator on what has been computed."""
        if not nodes or nodes[0].op_type != op:
            return None
        node = nodes.pop(0)
        names = list(node.input)
        other = [name for name in names if name != self._at]
        fits = len(names) == 2 and len(other) == 1 and other[0] in self._known
        if not fits or (op == "Sub" and names[0] != self._at):
            raise self._odd([node])
        self._at = node.output[0]
        value = self._known[other[0]]
        if value.ndim > 1 or (size is not None and value.size not in (1, size)):
            raise self._odd([node])
        return value

    def _dense(self, nodes: list[Any]) -> Dense:
        node = nodes.pop(0)
        how = {a.name: a.f if a.type == a.FLOAT else a.i for a in node.attribute}
        plain = how.get("alpha", 1.0) == 1.0 and how.get("beta", 1.0) == 1.0
        known = len(node.input) == 3 and all(name in self._known for name in node.input[1:])
        if not (plain and known and node.input[0] == self._at) or how.get("transA", 0):
            raise self._odd([node])
        weights, biases = (self._known[name] for name in node.input[1:])
        weights = weights if how.get("transB", 0) else weights.T
        self._at = node.output[0]
        activation: Activation = "none"
        if nodes and nodes[0].op_type in ACTIVATIONS:
            follower = nodes.pop(0)
            if list(follower.input) != [self._at]:
                raise self._odd([follower])
            activation, self._at = ACTIVATIONS[follower.op_type], follower.output[0]
        return Dense(_f32(weights), _f32(np.broadcast_to(biases, (len(weights),))), activation)

    def _odd(self, nodes: list[Any]) -> FirmwareError:
        got = nodes[0].op_type if nodes else "the end"
        return FirmwareError(
            f"{self._path}: expected scales, dense layers (Gemm, then {' or '.join(ACTIVATIONS)})"
            f" and scales one after the other, got {got} where it has no C form."
        )


def _f32(values: NDArray[Any]) -> Float32:
    return np.ascontiguousarray(values, np.float32)
