// SPDX-License-Identifier: Apache-2.0
/// A small network, without heap: dense layers whose products and sums are taken one after the other,
/// unfused, so that each machine that keeps to IEEE 754 returns the same bits. Compile it with
/// -ffp-contract=off.
#pragma once

#include <cstdint>

#include "sim_core/tanh.hpp"

namespace martlet {

constexpr int kBlock = 8;          ///< outputs computed side by side
constexpr int kWidestLayer = 256;  ///< scratch memory on the stack is made for this many

enum class Activation { kNone, kTanh, kRelu };

/// Weights of `kBlock` outputs lie side by side, input by input: (outputs / kBlock, inputs, kBlock),
/// filled up with zeros. `scales`: what an output's weights are multiplied by, or nullptr for 1.
template <class Weight>
struct Layer {
  int inputs, outputs;
  const Weight* weights;
  const float* scales;
  const float* biases;
  Activation activation;
};

inline float activated(float x, Activation activation) {
  if (activation == Activation::kTanh) return sim_core::scalar::tanh_of(x);
  if (activation == Activation::kRelu) return x > 0.0f ? x : 0.0f;
  return x;
}

/// Eight sums side by side, written out: they and the weights fit the 32 registers of an M4's FPU.
template <class Weight>
inline void forward(const Layer<Weight>& layer, const float* in, float* out) {
  static_assert(kBlock == 8);
  const Weight* w = layer.weights;
  for (int first = 0; first < layer.outputs; first += kBlock) {
    float s0 = 0.0f, s1 = 0.0f, s2 = 0.0f, s3 = 0.0f, s4 = 0.0f, s5 = 0.0f, s6 = 0.0f, s7 = 0.0f;
    for (const float *x = in, *end = in + layer.inputs; x != end; ++x, w += kBlock) {
      s0 += static_cast<float>(w[0]) * *x;
      s1 += static_cast<float>(w[1]) * *x;
      s2 += static_cast<float>(w[2]) * *x;
      s3 += static_cast<float>(w[3]) * *x;
      s4 += static_cast<float>(w[4]) * *x;
      s5 += static_cast<float>(w[5]) * *x;
      s6 += static_cast<float>(w[6]) * *x;
      s7 += static_cast<float>(w[7]) * *x;
    }
    const float sums[kBlock] = {s0, s1, s2, s3, s4, s5, s6, s7};
    for (int k = 0; k < kBlock && first + k < layer.outputs; ++k) {
      const float sum = layer.scales != nullptr ? sums[k] * layer.scales[first + k] : sums[k];
      out[first + k] = activated(sum + layer.biases[first + k], layer.activation);
    }
  }
}

}  // namespace martlet
