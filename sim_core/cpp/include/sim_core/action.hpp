// SPDX-License-Identifier: Apache-2.0
/// What a policy may command, and from its output to a command that may be sent.
#pragma once

#include "sim_core/settings.hpp"
#include "sim_core/state.hpp"

namespace sim_core::SIM_CORE_ISA {

/// A task's `Action` is one of these two. Both say: what is sent, how many physics steps pass from one
/// command to the next, how many of them a command may be on its way at most, and how many states an
/// estimator keeps.
///
/// Collective thrust and body rates, over a radio: the firmware's rate loop sees to the rest.
struct RateThrust {
  static constexpr char kKind[] = "rate_thrust";
  template <class T>
  using Sent = Command<T>;
  static constexpr int kStepSubsteps = kSubsteps;
  static constexpr int kLongestDelaySteps = kMaxLinkDelaySteps;
  static constexpr int kPastSlots = 4;
};

/// The four motors, from on board, in the place of the rate loop and as often.
struct Motors {
  static constexpr char kKind[] = "motors";
  template <class T>
  using Sent = MotorCommand<T>;
  static constexpr int kStepSubsteps = 1;
  static constexpr int kLongestDelaySteps = 6;
  static constexpr int kPastSlots = 16;
};

/// From one command to the next [s].
template <class A>
constexpr float kStepS = kPhysicsStepS * A::kStepSubsteps;

/// Control steps in the 10 ms that a row of a reference, a gust and a pose's noise hold.
template <class A>
constexpr int kStepsPerRow = kSubsteps / A::kStepSubsteps;

/// Four numbers as a command, and the other way round.
template <class T>
inline Command<T> command_of(RateThrust, const T numbers[4]) {
  return {numbers[0], {numbers[1], numbers[2], numbers[3]}};
}
template <class T>
inline MotorCommand<T> command_of(Motors, const T numbers[4]) {
  return {{numbers[0], numbers[1], numbers[2], numbers[3]}};
}

/// The command nearest to the output that keeps the limits.
template <class T>
inline Command<T> limited(const Command<T>& output, const CommandLimits& limits) {
  const float* rate = limits.body_rate_rad_s;
  return {clamp(output.thrust_n, splat<T>(limits.thrust_low_n), splat<T>(limits.thrust_high_n)),
          {clamp(output.w_B.x, splat<T>(-rate[0]), splat<T>(rate[0])),
           clamp(output.w_B.y, splat<T>(-rate[1]), splat<T>(rate[1])),
           clamp(output.w_B.z, splat<T>(-rate[2]), splat<T>(rate[2]))}};
}

template <class T>
inline MotorCommand<T> limited(const MotorCommand<T>& output, const CommandLimits& limits) {
  MotorCommand<T> command;
  for (int i = 0; i < 4; ++i) {
    command.share[i] =
        clamp(output.share[i], splat<T>(limits.motor_low), splat<T>(limits.motor_high));
  }
  return command;
}

/// Squared distance of two commands, each entry in units of half its range.
template <class T>
inline T command_distance_squared(const Command<T>& a, const Command<T>& b,
                                  const CommandLimits& limits) {
  const float* rate = limits.body_rate_rad_s;
  const T thrust =
      (a.thrust_n - b.thrust_n) * (2.0f / (limits.thrust_high_n - limits.thrust_low_n));
  const Vec3<T> difference = a.w_B - b.w_B;
  const Vec3<T> rates = {T(difference.x * (1.0f / rate[0])), T(difference.y * (1.0f / rate[1])),
                         T(difference.z * (1.0f / rate[2]))};
  return madd(thrust, thrust, dot(rates, rates));
}
template <class T>
inline T command_distance_squared(const MotorCommand<T>& a, const MotorCommand<T>& b,
                                  const CommandLimits& limits) {
  const float half_ranges = 2.0f / (limits.motor_high - limits.motor_low);
  T sum{};
  for (int i = 0; i < 4; ++i) {
    const T difference = (a.share[i] - b.share[i]) * half_ranges;
    sum = madd(difference, difference, sum);
  }
  return sum;
}

}  // namespace sim_core::SIM_CORE_ISA
