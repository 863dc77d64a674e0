# SPDX-License-Identifier: Apache-2.0
"""Weights as int8 with a scale for each output, chosen by what recorded observations make of them.

Activations stay float32: a position error's last millimetre would not survive eight bits.
"""

import numpy as np
from numpy.typing import NDArray

from policy_export.firmware.network import Dense, Float32, Network

MOST = 127
SHARES = tuple(np.linspace(0.6, 1.0, 17).tolist())
"""Of the largest weight, where a scale may end: a clipped outlier can be worth finer steps."""


def quantized(network: Network, observations: Float32) -> Network:
    """The network with int8 weights.

    Each output's scale is the one of `SHARES` with which the mean squared error of its sum is least
    on these observations, the layers before it already quantised; its bias takes up the mean error.

    Args:
        network: As trained.
        observations: Recorded ones, float32, shape (n, OBS).
    """
    rows = (observations - network.offset) * network.scale
    exact = rows
    layers = []
    for layer in network.layers:
        small = _quantized(layer, rows, exact)
        layers.append(small)
        rows, exact = small.forward(rows), layer.forward(exact)
    return network.with_layers(tuple(layers))


def _quantized(layer: Dense, rows: Float32, exact: Float32) -> Dense:
    """One layer, which is fed `rows` where the exact network is fed `exact`."""
    wanted = exact @ layer.weights.T  # what each sum should be, (n, outputs)
    # The error of a sum is quadratic in the codes: the inputs' second moments say all about it.
    moments = (rows.T.astype(np.float64) @ rows) / len(rows)
    cross = (rows.T.astype(np.float64) @ wanted) / len(rows)
    codes = np.empty(layer.weights.shape, np.int8)
    scales = np.empty(layer.outputs, np.float32)
    for output, weights in enumerate(layer.weights):
        codes[output], scales[output] = _best(weights, moments, cross[:, output])
    found = rows @ (codes.astype(np.float32) * scales[:, None]).T
    biases = layer.biases + (wanted - found).mean(axis=0, dtype=np.float64).astype(np.float32)
    return Dense(codes, biases, layer.activation, scales)


def _best(
    weights: Float32, moments: NDArray[np.float64], cross: NDArray[np.float64]
) -> tuple[NDArray[np.int8], np.float32]:
    most = float(np.abs(weights).max())
    if most == 0.0:
        return np.zeros(len(weights), np.int8), np.float32(1.0)
    best: tuple[float, NDArray[np.int8], np.float32] | None = None
    for share in SHARES:
        scale = np.float32(share * most / MOST)
        codes = np.clip(np.rint(weights / scale), -MOST, MOST).astype(np.int8)
        made = codes.astype(np.float64) * float(scale)
        error = float(made @ moments @ made - 2.0 * made @ cross)
        if best is None or error < best[0]:
            best = error, codes, scale
    assert best is not None, "SHARES are not empty"
    return best[1], best[2]
