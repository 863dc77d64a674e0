// SPDX-License-Identifier: Apache-2.0
/// A batch of rows through a network, and a loss's slope back through it.
#pragma once

#include "sim_core/rows.hpp"
#include "sim_core/tanh.hpp"
#include "training/kernel.hpp"
#include "training/products.hpp"

namespace training::SIM_CORE_ISA {

using sim_core::SIM_CORE_ISA::tanh_of;

/// tanh of a layer's rows, and behind each the constant 1 whose weights are the next layer's bias.
inline void squash(float* layer, int rows, int units) {
  const long row = units + kLine;
  for (int r = 0; r < rows; ++r) {
    float* h = layer + r * row;
    for (int j = 0; j < units; j += kLine) {
#pragma GCC unroll 4
      for (int k = 0; k < kLine; k += kLanes) store(h + j + k, tanh_of(load(h + j + k)));
    }
    for (int k = 0; k < kLine; k += kLanes) store(h + units + k, Wide{});
    h[units] = 1.0f;
  }
}

/// Sum of each of kLanes registers, one a lane.
inline Wide sums_of(Wide parts[kLanes]) {
  using sim_core::SIM_CORE_ISA::zip;
#pragma GCC unroll 4
  for (int half = kLanes / 2; half > 0; half /= 2) {
#pragma GCC unroll 8
    for (int i = 0; i < half; ++i) {
      const auto pair = zip(parts[i], parts[i + half]);
      parts[i] = pair.low + pair.high;
    }
  }
  return parts[0];
}

/// The last layer has few outputs: rows go side by side, not units.
inline void last_layer(const Network& n, const float* weights, const float* second, int rows,
                       float* outputs) {
  const long row = n.last_columns();
  for (int r = 0; r < rows; r += kLanes) {
    for (int k = 0; k < n.outputs; ++k) {
      Wide parts[kLanes];
#pragma GCC unroll 4
      for (int i = 0; i < kLanes; ++i) {
        const float* h = second + (r + i) * row;
        Wide sum = load(h) * load(weights + k * row);
        for (int j = kLanes; j < row; j += kLanes) sum += load(h + j) * load(weights + k * row + j);
        parts[i] = sum;
      }
      store(outputs + k * kBatchRows + r, sums_of(parts));
    }
  }
}

inline void forward(const Weights& weights, const float* inputs, long stride, int rows,
                    const Scratch& s) {
  const Network& n = weights.shape;
  product(rows, n.first, n.inputs, {inputs, stride, 1}, {weights.flat + n.first_at(), n.first},
          s.first, n.first + kLine, Store{});
  squash(s.first, rows, n.first);
  product(rows, n.second, n.first + 1, {s.first, n.first + kLine, 1},
          {weights.flat + n.second_at(), n.second}, s.second, n.second + kLine, Store{});
  squash(s.second, rows, n.second);
  last_layer(n, weights.flat + n.last_at(), s.second, rows, s.outputs);
}

/// Adds to `gradient`, or begins it; `s.output_slope` holds the slopes of the outputs, and `s` what
/// forward left there.
template <class Finish>
inline void backward(const Weights& weights, const float* inputs, long stride, int rows,
                     const Scratch& s, float* gradient, const Finish& finish) {
  const Network& n = weights.shape;
  const long first = n.first + kLine, second = n.second + kLine;
  product(n.outputs, static_cast<int>(second), rows, {s.output_slope, kBatchRows, 1},
          {s.second, second}, gradient + n.last_at(), second, finish);
  product(rows, n.second, n.outputs, {s.output_slope, 1, kBatchRows},
          {weights.flat + n.last_at(), second}, s.second_slope, n.second,
          TimesSlope{s.second, second});
  product(n.first + 1, n.second, rows, {s.first, 1, first}, {s.second_slope, n.second},
          gradient + n.second_at(), n.second, finish);
  product(rows, n.first, n.second, {s.second_slope, n.second, 1}, {weights.second_across, n.first},
          s.first_slope, n.first, TimesSlope{s.first, first});
  product(n.inputs, n.first, rows, {inputs, 1, stride}, {s.first_slope, n.first},
          gradient + n.first_at(), n.first, finish);
}

}  // namespace training::SIM_CORE_ISA
