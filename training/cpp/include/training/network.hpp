// SPDX-License-Identifier: Apache-2.0
/// Where the weights of a small tanh network lie in one flat array, and how they are laid out for
/// products: units side by side, the bias as the weight of an input that is always 1.
#pragma once

#include <cstddef>

namespace training {

constexpr int kLine = 16;          ///< floats in a cache line, and in the widest register
constexpr int kWidestLayer = 256;  ///< hidden units; scratch memory is made for this many
constexpr int kMostOutputs = 8;

constexpr int whole_lines(int floats) { return (floats + kLine - 1) / kLine * kLine; }

/// Two hidden layers. An actor's log standard deviations stand behind its weights.
struct Network {
  int inputs = 0;    ///< columns of an input row that are read, the constant 1 among them
  int constant = 0;  ///< the column that is always 1: its weights are the bias
  int first = 0;     ///< units of the first hidden layer, a multiple of kLine
  int second = 0;    ///< of the second
  int outputs = 0;
  bool deviations = false;

  /// (inputs, first)
  int first_at() const { return 0; }
  /// (first + 1, second), the last row being the bias
  int second_at() const { return inputs * first; }
  /// (outputs, last_columns()): a row an output, its bias behind its weights, then zeros
  int last_at() const { return second_at() + (first + 1) * second; }
  int last_columns() const { return second + kLine; }
  int deviations_at() const { return last_at() + outputs * last_columns(); }
  int size() const { return deviations_at() + kLine; }

  /// Of the same as PyTorch counts it.
  int parameters() const {
    return (deviations ? outputs : 0) + inputs * first + (first + 1) * second +
           (second + 1) * outputs;
  }
};

/// A network ready for products.
struct Weights {
  Network shape;
  const float* flat = nullptr;
  const float* second_across = nullptr;  ///< (second, first): the second layer without its bias
};

/// From the order of PyTorch's `parameters()` (log deviations, then each layer's (out, in) weights
/// and bias) to ours, and back. What is padding in ours becomes 0.
void pack(const Network& shape, const float* torch_order, float* flat);
void unpack(const Network& shape, const float* flat, float* torch_order);

/// What a place in the flat array belongs to: "body.0.weight" and so on.
const char* name_of(const Network& shape, int place);

}  // namespace training
