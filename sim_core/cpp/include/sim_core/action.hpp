// SPDX-License-Identifier: Apache-2.0
/// From a policy's output to a command that may be sent.
#pragma once

#include "sim_core/settings.hpp"
#include "sim_core/state.hpp"

namespace sim_core::SIM_CORE_ISA {

/// The command nearest to the output that keeps the limits.
template <class T>
inline Command<T> limited(const Command<T>& output, const CommandLimits& limits) {
  const float* rate = limits.body_rate_rad_s;
  return {clamp(output.thrust_n, splat<T>(limits.thrust_low_n), splat<T>(limits.thrust_high_n)),
          {clamp(output.w_B.x, splat<T>(-rate[0]), splat<T>(rate[0])),
           clamp(output.w_B.y, splat<T>(-rate[1]), splat<T>(rate[1])),
           clamp(output.w_B.z, splat<T>(-rate[2]), splat<T>(rate[2]))}};
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

}  // namespace sim_core::SIM_CORE_ISA
