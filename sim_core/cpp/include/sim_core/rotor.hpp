// SPDX-License-Identifier: Apache-2.0
/// From motor counts to the thrust of each rotor: battery, gain, dead time, lag.
#pragma once

#include "sim_core/battery.hpp"
#include "sim_core/rate_loop.hpp"

namespace sim_core::SIM_CORE_ISA {

/// Thrust targets on their way to the rotors, by physics step. A delay of 0 to 7 steps is a chain of
/// three lines, of one, two and four steps, each of which a drone passes through or goes around.
template <class T>
struct DeadTime {
  T one[4], two[2][4], four[4][4];
};
static_assert(kMaxDeadTimeSteps < 8);

template <class T>
inline void settle_dead_time(DeadTime<T>& line, int rotor, const T& target_n) {
  line.one[rotor] = target_n;
  for (auto& slot : line.two) slot[rotor] = target_n;
  for (auto& slot : line.four) slot[rotor] = target_n;
}

/// Thrust that each rotor is to come to: linear in the counts until the motor would need more volts
/// than there are, or, on older firmware, what the volts give. `pwm`: whether any drone has that.
template <class T>
inline void thrust_targets(const Params<T>& params, const Battery<T>& battery,
                           const MotorCounts<T>& counts, T target_n[4], bool pwm = true) {
  const T newton_per_count = params.thrust_max_n * (1.0f / kCountsFull);
  for (int i = 0; i < 4; ++i) {
    T wanted = min_of(T(counts.m[i] * newton_per_count), battery.motor_limit_n);
    if (pwm) {
      wanted = select(pwm_firmware(params), pwm_thrust(params, battery, counts.m[i]), wanted);
    }
    target_n[i] = wanted * T(params.thrust_gain * params.motor_gain[i]);
  }
}

/// Puts `target_n` in at physics step `tick` and takes out what was put in a dead time earlier.
template <class T>
inline void pass_dead_time(DeadTime<T>& line, const Derived<T>& derived, std::uint32_t tick,
                           const T target_n[4], T delayed_n[4]) {
  const T steps = derived.dead_time_steps;
  const Mask<T> by_four = steps > 3.5f;
  const T left = select(by_four, T(steps - 4.0f), steps);
  const Mask<T> by_two = left > 1.5f;
  const Mask<T> by_one = select(by_two, T(left - 2.0f), left) > 0.5f;
  T* two = line.two[tick % 2];
  T* four = line.four[tick % 4];
  for (int i = 0; i < 4; ++i) {
    const T first = select(by_one, line.one[i], target_n[i]);
    const T second = select(by_two, two[i], first);
    delayed_n[i] = select(by_four, four[i], second);
    line.one[i] = target_n[i];
    two[i] = first;
    four[i] = second;
  }
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
