// SPDX-License-Identifier: Apache-2.0
/// From motor counts to the thrust of each rotor: linear command, battery limit, gain, dead time, lag.
#pragma once

#include "sim_core/battery.hpp"
#include "sim_core/rate_loop.hpp"

namespace sim_core::SIM_CORE_ISA {

constexpr int kDeadTimeSlots = 8;  ///< a power of two above kMaxDeadTimeSteps
static_assert(kDeadTimeSlots > kMaxDeadTimeSteps);

/// Thrust targets on their way to the rotors, by physics step.
template <class T>
struct DeadTime {
  T target_n[kDeadTimeSlots][4];
};

/// Since 2025 the firmware compensates the battery: counts are linear in thrust until the motor
/// would need more volts than there are.
template <class T>
inline void thrust_targets(const Params<T>& params, const Battery<T>& battery,
                           const MotorCounts<T>& counts, T target_n[4]) {
  const T newton_per_count = params.thrust_max_n * (1.0f / kCountsFull);
  for (int i = 0; i < 4; ++i) {
    const T wanted = min_of(T(counts.m[i] * newton_per_count), battery.motor_limit_n);
    target_n[i] = wanted * params.thrust_gain * params.motor_gain[i];
  }
}

/// Puts `target_n` in at physics step `tick` and takes out what was put in a dead time earlier.
template <class T>
inline void pass_dead_time(DeadTime<T>& line, const Derived<T>& derived, std::uint32_t tick,
                           const T target_n[4], T delayed_n[4]) {
  T* newest = line.target_n[tick % kDeadTimeSlots];
  for (int i = 0; i < 4; ++i) newest[i] = delayed_n[i] = target_n[i];
  for (int age = 1; age <= kMaxDeadTimeSteps; ++age) {
    const Mask<T> due = derived.dead_time_steps == static_cast<float>(age);
    const T* slot = line.target_n[(tick - static_cast<std::uint32_t>(age)) % kDeadTimeSlots];
    for (int i = 0; i < 4; ++i) delayed_n[i] = select(due, slot[i], delayed_n[i]);
  }
}

/// Thrust after one step of the asymmetric first-order lag, exact for a constant target.
template <class T>
inline T lagged(const Derived<T>& derived, const T& thrust_n, const T& target_n) {
  const T gap = target_n - thrust_n;
  return thrust_n + gap * select(gap > T{}, derived.lag_up, derived.lag_down);
}

}  // namespace sim_core::SIM_CORE_ISA
