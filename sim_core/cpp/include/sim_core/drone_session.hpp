// SPDX-License-Identifier: Apache-2.0
/// A task in flight of one drone: its memory and its past commands, nothing that asks for a heap. On the
/// drone itself it is all there is; `TaskSession` holds many.
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

/// Where nobody is: out of sight.
constexpr float kNobodyM = 1e3f;

/// What a drone meets where there is no other.
inline Met<float> nobody_met() {
  Met<float> met{};
  for (Mate<float>& mate : met.mates.nearest) mate.p_WB = {kNobodyM, kNobodyM, kNobodyM};
  met.mates.distance_m = kNobodyM;
  return met;
}

template <class Task>
class DroneSession {
 public:
  using Action = typename Task::Action;
  using Sent = typename Action::template Sent<float>;

  /// Path, or course, `number` of the world, as after a long hover by the command `hover`.
  void begin(const World& world, int number, const Sent& hover) {
    Task::follow(memory_, world, number);
    start_history(history_, hover);
    row_ = 0;
    first_ = true;
  }

  /// Of a task that has several: what is asked of the drone from now on.
  void take_role(std::int32_t role) { Task::take_role(memory_, role); }

  /// The observation of a state at `row` control steps after the start; `met`: who is around, for tasks
  /// that see others.
  void observe(const World& world, const Estimate<float>& seen, std::int32_t row,
               const Met<float>& met, float* observation) {
    if constexpr (Task::kInWorlds) Task::look_around(memory_, met);
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

  /// How the drone will move as far as it knows, by what was asked of it last.
  Vec3<float> plan(const World& world, const Estimate<float>& seen) const {
    return Task::plan(Task::template now<float>(memory_, world), world, seen.p_WB, seen.v_WB);
  }

  /// Limits an output and remembers it as the command that was sent.
  Sent decode(const float output[4], const CommandLimits& limits) {
    const Sent command = limited(command_of(Action{}, output), limits);
    remember(history_, command);
    return command;
  }

  /// See `place_of` of a task.
  void place(std::int32_t out[2]) const { Task::place_of(memory_, 0, out); }

 private:
  typename Task::template Memory<float> memory_;
  History<float, Action> history_;
  Vec3<float> before_;
  std::int32_t row_;
  bool first_;
};

}  // namespace sim_core::SIM_CORE_ISA
