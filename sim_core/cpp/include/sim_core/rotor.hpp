// SPDX-License-Identifier: Apache-2.0
/// From motor counts to the thrust of each rotor: battery, gain, dead time, lag.
#pragma once

#include "sim_core/battery.hpp"
#include "sim_core/rate_loop.hpp"

namespace sim_core::SIM_CORE_ISA {

constexpr int kDeadTimeSlots = kSubsteps;  ///< physics steps remembered
static_assert(kDeadTimeSlots >= kMaxDeadTimeSteps);

/// Thrust targets on their way to the rotors, by physics step.
template <class T>
struct DeadTime {
  T sent[kDeadTimeSlots][4];
};

template <class T>
inline void settle_dead_time(DeadTime<T>& line, int rotor, const T& target_n) {
  for (auto& slot : line.sent) slot[rotor] = target_n;
}

/// Shortest and longest dead time that any drone of a run has, in physics steps. Above zero, what the
/// rate loop wants now and what the rotors do now do not wait for each other.
struct DeadTimeRange {
  int low = 0, high = kDeadTimeSlots;
};

/// What makes thrust targets of motor counts until the battery's volts change.
template <class T>
struct ThrustLine {
  T newton_per_count[4], limit_n[4];
};

template <class T>
inline ThrustLine<T> thrust_line(const Params<T>& params, const Battery<T>& battery) {
  const T newton_per_count = params.thrust_max_n * (1.0f / kCountsFull);
  ThrustLine<T> line;
  for (int i = 0; i < 4; ++i) {
    const T gain = params.thrust_gain * params.motor_gain[i];
    line.newton_per_count[i] = newton_per_count * gain;
    line.limit_n[i] = battery.motor_limit_n * gain;
  }
  return line;
}

/// Thrust that each rotor is to come to: linear in the counts until the motor would need more volts
/// than there are, or, on older firmware, what the volts give. `pwm`: whether any drone has that.
template <class T>
inline void thrust_targets(const Params<T>& params, const Battery<T>& battery,
                           const ThrustLine<T>& line, const MotorCounts<T>& counts, T target_n[4],
                           bool pwm = true) {
  for (int i = 0; i < 4; ++i) {
    target_n[i] = min_of(T(counts.m[i] * line.newton_per_count[i]), line.limit_n[i]);
  }
  if (!pwm) return;
  for (int i = 0; i < 4; ++i) {
    const T older = pwm_thrust(params, battery, counts.m[i]);
    target_n[i] = select(pwm_firmware(params),
                         T(older * T(params.thrust_gain * params.motor_gain[i])), target_n[i]);
  }
}

/// Puts `target_n` in at physics step `tick` and takes out what was put in a dead time earlier. Whole
/// multiples of kDeadTimeSlots may be left out of `tick`.
template <class T>
inline void pass_dead_time(DeadTime<T>& line, const Derived<T>& derived, std::uint32_t tick,
                           const T target_n[4], T delayed_n[4], const DeadTimeRange& range = {}) {
  const auto sent = [&](int steps_ago) -> const T* {
    if (steps_ago == 0) return target_n;
    return line
        .sent[(tick + static_cast<std::uint32_t>(kDeadTimeSlots - steps_ago)) % kDeadTimeSlots];
  };
  for (int i = 0; i < 4; ++i) delayed_n[i] = sent(range.low)[i];
  for (int steps = range.low + 1; steps <= range.high; ++steps) {
    const Mask<T> longer = derived.dead_time_steps > static_cast<float>(steps) - 0.5f;
    for (int i = 0; i < 4; ++i) delayed_n[i] = select(longer, sent(steps)[i], delayed_n[i]);
  }
  for (int i = 0; i < 4; ++i) line.sent[tick % kDeadTimeSlots][i] = target_n[i];
}

/// What a thrust gains in one step of the asymmetric first-order lag, exact for a constant target.
template <class T>
inline T lag_rise(const Derived<T>& derived, const T& thrust_n, const T& target_n) {
  const T gap = target_n - thrust_n;
  return gap * select(gap > T{}, derived.lag_up, derived.lag_down);
}

template <class T>
inline T lagged(const Derived<T>& derived, const T& thrust_n, const T& target_n) {
  return thrust_n + lag_rise(derived, thrust_n, target_n);
}

}  // namespace sim_core::SIM_CORE_ISA
