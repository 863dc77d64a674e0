// SPDX-License-Identifier: Apache-2.0
/// Flies an export through recorded states, on this machine or on a Cortex-M4F, and writes down what it
/// observes and commands, and on the M4F what that takes. in.bin: task, count, repeats as int32, then
/// count states (13); out.bin: count rows of observation and command, then the figures as int32.
#include <cstdint>
#include <cstring>

#include "machine.hpp"
#include "martlet.h"

namespace {

constexpr int kStates = 13, kWidest = 256;

struct Order {
  std::int32_t task, count, repeats;
};

struct Figures {
  std::int32_t check, status, infer_instructions, step_instructions, stack_bytes;
};

martlet_unit unit;

void fly(const Order& order, int in, int out) {
  float state[kStates], row[kWidest + 4], raw[4];
  const int size = martlet_observation_size();
  martlet_begin(&unit, order.task);
  for (int i = 0; i < order.count; ++i) {
    machine::read(in, state, sizeof state);
    martlet_observe(&unit, state, i, row);
    martlet_infer(row, raw);
    martlet_decode(&unit, raw, row + size);
    machine::write(out, row, static_cast<unsigned>(size + 4) * sizeof(float));
  }
}

/// The longest way through a step: engaged, all watches kept, the policy asked.
Figures measure(const Order& order, const float first[kStates]) {
  Figures figures{};
  float observation[kWidest] = {}, raw[4];
  martlet_input input{};
  martlet_output output{};
  std::memcpy(input.state, first, sizeof input.state);
  input.engage = input.heard = true;
  input.task = static_cast<std::uint8_t>(order.task);
  martlet_boot(&unit);
  figures.check = martlet_check();
  machine::paint_stack();
  for (int i = 0; i < 2; ++i) {  // from idle to flying, and on
    input.now_ms = input.heard_ms = static_cast<std::uint32_t>(i) * martlet_period_ms();
    martlet_step(&unit, &input, &output);
  }
  figures.stack_bytes = machine::stack_used();
  std::uint32_t begun = machine::instructions();
  for (int i = 0; i < order.repeats; ++i) martlet_infer(observation, raw);
  std::uint32_t spent = machine::instructions() - begun;
  figures.infer_instructions =
      static_cast<std::int32_t>(spent / (order.repeats > 0 ? order.repeats : 1));
  begun = machine::instructions();
  for (int i = 0; i < order.repeats; ++i) {
    input.state[0] = first[0] + 1e-6f * static_cast<float>(i & 1);
    input.now_ms = input.heard_ms = static_cast<std::uint32_t>(2 + i) * martlet_period_ms();
    martlet_step(&unit, &input, &output);
  }
  spent = machine::instructions() - begun;
  figures.step_instructions =
      static_cast<std::int32_t>(spent / (order.repeats > 0 ? order.repeats : 1));
  figures.status = output.status;
  return figures;
}

}  // namespace

int main() {
  const int in = machine::open("in.bin", false), out = machine::open("out.bin", true);
  if (in < 0 || out < 0) return 2;
  Order order;
  float first[kStates];
  machine::read(in, &order, sizeof order);
  machine::read(in, first, sizeof first);  // for the figures, in front of the others
  martlet_boot(&unit);
  fly(order, in, out);
  const Figures figures = measure(order, first);
  machine::write(out, &figures, sizeof figures);
  machine::close(in);
  machine::close(out);
  return 0;
}
