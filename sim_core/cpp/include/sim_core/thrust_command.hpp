// SPDX-License-Identifier: Apache-2.0
/// The two generations of thrust commands. Since 2025 the firmware compensates the battery: counts
/// are linear in thrust. Before that a count was a share of the battery's volts, and whoever wanted a
/// thrust went through the inverse of a curve of thrust over that share, measured at some charge.
#pragma once

#include "sim_core/battery.hpp"

namespace sim_core::SIM_CORE_ISA {

constexpr float kCountsFull = 65535.0f;

/// Thrust per motor [N] at a share u of the volts: a u^2 + b u.
/// Source: the older firmware's curve for the CF2 (Bitcraze's load-cell test), figures only.
constexpr float kPwmSquareN = 0.0915f, kPwmLinearN = 0.0677f;

template <class T>
inline Mask<T> pwm_firmware(const Params<T>& params) {
  return params.pwm_firmware > splat<T>(0.5);
}

/// Motor counts that ask for a collective thrust [N]. `pwm`: whether any drone has older firmware.
template <class T>
inline T collective_counts(const Params<T>& params, const T& thrust_n, bool pwm = true) {
  const T linear = thrust_n * T(0.25f * kCountsFull / params.thrust_max_n);
  if (!pwm) return linear;
  const T discriminant = madd(thrust_n, kPwmSquareN, kPwmLinearN * kPwmLinearN);  // b^2 + 4 a F / 4
  const T share = (sqrt_of(max_of(discriminant, T{})) - kPwmLinearN) * (0.5f / kPwmSquareN);
  return select(pwm_firmware(params), T(share * kCountsFull), linear);
}

/// The other way round.
template <class T>
inline T collective_thrust(const Params<T>& params, const T& counts) {
  const T share = counts * (1.0f / kCountsFull);
  const T curve = share * madd(share, kPwmSquareN, kPwmLinearN);
  return select(pwm_firmware(params), curve, T(share * params.thrust_max_n)) * 4.0f;
}

/// Thrust [N] of a motor at a share of the battery's present volts.
template <class T>
inline T pwm_thrust(const Params<T>& params, const Battery<T>& battery, const T& counts) {
  const T volts = min_of(T(counts * (1.0f / kCountsFull) * battery.volts), splat<T>(4.2));
  return max_of(cubic(params.motor_volts_to_n, volts), T{});
}

}  // namespace sim_core::SIM_CORE_ISA
