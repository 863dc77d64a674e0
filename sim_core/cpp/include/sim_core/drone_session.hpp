// SPDX-License-Identifier: Apache-2.0
/// A task in flight of one drone that sees nobody else: its memory and its past commands, nothing that
/// asks for a heap. What it observes and commands, `TaskSession` would, to the bit.
#pragma once

#include "sim_core/action.hpp"
#include "sim_core/drone_part.hpp"
#include "sim_core/kernel.hpp"
#include "sim_core/mates.hpp"
#include "sim_core/sensors.hpp"

namespace sim_core::SIM_CORE_ISA {

/// p_WB, q_WB, v_WB, w_WB_B as 13 numbers.
inline Estimate<float> estimate_of(const float s[13]) {
  return {{s[0], s[1], s[2]}, {s[3], s[4], s[5], s[6]}, {s[7], s[8], s[9]}, {s[10], s[11], s[12]}};
}

/// What a drone meets where there is no other: those whom it sees are out of sight.
inline Met<float> nobody_met() {
  constexpr float kNobodyM = 1e3f;
  Met<float> met{};
  for (Mate<float>& mate : met.mates.nearest) mate.p_WB = {kNobodyM, kNobodyM, kNobodyM};
  met.mates.distance_m = kNobodyM;
  return met;
}

template <class Task>
class DroneSession {
 public:
  /// Path, or course, `number` of the world, as after a long hover at `hover_thrust_n`.
  void begin(const World& world, int number, float hover_thrust_n) {
    Task::follow(memory_, world, number);
    start_history(history_, Command<float>{hover_thrust_n, {0.0f, 0.0f, 0.0f}});
    row_ = 0;
    first_ = true;
  }

  /// Of a task that has several: what is asked of the drone from now on.
  void take_role(std::int32_t role) { Task::take_role(memory_, role); }

  /// The observation of a state at `row` control steps after the start.
  void observe(const World& world, const Estimate<float>& seen, std::int32_t row,
               float* observation) {
    if constexpr (Task::kInWorlds) Task::look_around(memory_, nobody_met());
    Task::tick(memory_, world, row - row_);
    const auto now = Task::template now<float>(memory_, world);
    const Vec3<float> before = first_ ? seen.p_WB : before_;
    if (row > 0) Task::advance(memory_, now, world, before, seen, seen);
    before_ = seen.p_WB;
    const auto after = Task::after(now, memory_, world);
    if constexpr (Task::kRowPart > 0) Task::write_rows(after, seen, world, 1, observation, 0);
    Task::observe(memory_, after, seen, history_, world, Pen<float>{observation + Task::kRowPart});
    row_ = row;
    first_ = false;
  }

  /// Limits an output and remembers it as the command that was sent.
  Command<float> decode(const float output[4], const CommandLimits& limits) {
    const Command<float> command =
        limited(Command<float>{output[0], {output[1], output[2], output[3]}}, limits);
    remember(history_, command);
    return command;
  }

 private:
  typename Task::template Memory<float> memory_;
  History<float> history_;
  Vec3<float> before_;
  std::int32_t row_;
  bool first_;
};

}  // namespace sim_core::SIM_CORE_ISA
