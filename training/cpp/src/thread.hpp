// SPDX-License-Identifier: Apache-2.0
/// What each thread of the learner has to itself.
#pragma once

#include <chrono>

#include "training/learner.hpp"

namespace training {

/// Seconds of a monotonic clock.
inline double now_s() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

struct alignas(64) Learner::Thread {
  Thread(const Network& actor, const Network& critic, long stride)
      : inputs(kBatchRows * static_cast<std::size_t>(stride)), final_input(inputs.size()) {
    const auto widest = [](int a, int b) { return static_cast<std::size_t>(a > b ? a : b); };
    const std::size_t one = widest(actor.first, critic.first) + kLine;
    const std::size_t two = widest(actor.second, critic.second) + kLine;
    first = Lines(kBatchRows * one);
    second = Lines(kBatchRows * two);
    first_slope = Lines(kBatchRows * one);
    second_slope = Lines(kBatchRows * two);
    outputs = Lines(kMostOutputs * kBatchRows);
    output_slope = Lines(kMostOutputs * kBatchRows);
    columns = Lines(kColumns * kBatchRows);
    scratch = {inputs.data(),       first.data(),   second.data(),       first_slope.data(),
               second_slope.data(), outputs.data(), output_slope.data(), columns.data()};
  }

  /// Keeps the earliest fault, so that it does not depend on how drones are shared out.
  void note(int what, int environment, long tick, int entry) {
    const bool earlier = fault.what == Fault::kNothing || tick < fault.tick ||
                         (tick == fault.tick && environment < fault.environment);
    if (earlier) fault = {what, environment, tick, entry, {}};
  }

  Lines inputs, final_input, first, second, first_slope, second_slope, outputs, output_slope,
      columns;
  Scratch scratch{};
  Fault fault;
  double physics_s = 0.0, inference_s = 0.0;
};

}  // namespace training
