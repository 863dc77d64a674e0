// SPDX-License-Identifier: Apache-2.0
/// The seam between the learner and its instruction sets: plain data in, plain function pointers
/// out, nothing inline that a linker could take from the wrong translation unit.
#pragma once

#include <cstdint>

#include "training/network.hpp"

namespace training {

constexpr int kBatchRows = 64;  ///< that go through a network together: their activations fit L2

constexpr int kColumns = kMostOutputs + 4;  ///< of a sample, beside its inputs

/// One thread's workspace.
struct Scratch {
  float* inputs;        ///< (kBatchRows, stride of the rollout)
  float* first;         ///< (kBatchRows, first + kLine): activations, then the constant 1
  float* second;        ///< (kBatchRows, second + kLine)
  float* first_slope;   ///< (kBatchRows, first): of the loss, behind the activation
  float* second_slope;  ///< (kBatchRows, second)
  float* outputs;       ///< (kMostOutputs, kBatchRows)
  float* output_slope;  ///< (kMostOutputs, kBatchRows)
  float* columns;       ///< (kColumns, kBatchRows): actions, log density, advantage, return, weight
};

/// Entries of order one from entries in SI: (x - offset) * scale.
struct Scales {
  int observation = 0, privileged = 0;  ///< entries of each
  const float* observation_offset = nullptr;
  const float* observation_scale = nullptr;
  const float* privileged_offset = nullptr;
  const float* privileged_scale = nullptr;
};

/// How actions are drawn about their means, and what they command.
struct Exploration {
  int actions = 0;
  std::uint32_t seed = 0;
  std::uint32_t tick = 0;  ///< control steps since the run began
  const float* log_std = nullptr;
  float min_log_std = 0.0f;
  const float* center = nullptr;  ///< command of action 0
  const float* half_range = nullptr;
};

/// A rollout's rewards and values, (horizon, drones) each, values with one row more.
struct Returns {
  int horizon = 0;
  long drones = 0;
  float trace = 0.0f;
  const float* rewards = nullptr;
  const float* counts = nullptr;  ///< how much what comes after does; 0 where the episode ended
  const float* values = nullptr;
  float* advantages = nullptr;
  float* returns = nullptr;
};

/// A minibatch: which rows of the rollout, and what they are held to.
struct Minibatch {
  Weights actor, critic;
  const float* inputs = nullptr;  ///< (samples, stride)
  long stride = 0;
  const float* actions = nullptr;  ///< (samples, outputs of the actor)
  const float* log_probs = nullptr;
  const float* advantages = nullptr;
  const float* returns = nullptr;
  const float* weights = nullptr;  ///< of the squared error of the value
  const std::uint32_t* order = nullptr;
  int rows = 0;
  float advantage_mean = 0.0f, advantage_std = 1.0f;
  float clip = 0.0f, entropy = 0.0f, min_log_std = 0.0f;
};

/// What a share of a minibatch adds to losses and gradients.
struct Share {
  float* actor = nullptr;  ///< gradient, in the order of the network's flat array
  float* critic = nullptr;
  double policy_loss = 0.0, value_loss = 0.0;  ///< already divided by the minibatch's rows
  int bad_row = -1;                            ///< first place in the order whose loss is no number
  bool bad_value = false;                      ///< that of the value
};

/// One step of Adam (Kingma and Ba 2015, arXiv:1412.6980, algorithm 1).
struct Descent {
  float* flat = nullptr;
  const float* gradient = nullptr;
  float* mean = nullptr;     ///< of the gradient
  float* square = nullptr;   ///< mean of its square
  float cut = 1.0f;          ///< factor that brings the gradient's norm within its limit
  float rate = 0.0f;         ///< learning rate over the mean's bias correction
  float square_bias = 1.0f;  ///< square root of the square's bias correction
  float keep_mean = 0.0f, keep_square = 0.0f, epsilon = 0.0f;
  float take_mean = 0.0f, take_square = 0.0f;  ///< 1 - keep, not rounded before
};

struct Kernel {
  const char* name;
  int lanes;
  /// Input rows from a drone's observation and privileged observation; false: not all are numbers.
  bool (*look)(const Scales&, const float* observation, const float* privileged, int rows,
               float* inputs, long stride);
  /// Fills `scratch.outputs`; at most kBatchRows rows.
  void (*infer)(const Weights&, const float* inputs, long stride, int rows, const Scratch&);
  /// Draws actions about `means` (kMostOutputs, kBatchRows) for drones first, first + 1, ...;
  /// false: not all are numbers. `log_probs` may be null, and then `actions` too.
  bool (*explore)(const Exploration&, const float* means, int first, int rows, float* actions,
                  float* log_probs, float* commands);
  /// Advantages and returns of drones begin to end.
  void (*estimate)(const Returns&, int begin, int end);
  /// Gradients of rows begin to end of the minibatch; they replace what the share held.
  void (*learn)(const Minibatch&, int begin, int end, const Scratch&, Share&);
  /// `out` = the sum of `parts`, in their order, from begin to end; returns its sum of squares.
  double (*sum)(float* const* parts, int count, int begin, int end, float* out);
  void (*descend)(const Descent&, int begin, int end);
  void (*tanh)(const float* x, int count, float* y);
};

/// Instruction sets compiled in, widest first; the last runs everywhere.
const Kernel* const* kernels(int* count);
/// Whether this machine can run the kernel.
bool runs_here(const Kernel& kernel);

}  // namespace training
