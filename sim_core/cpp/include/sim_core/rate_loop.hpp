// SPDX-License-Identifier: Apache-2.0
/// The firmware's inner loop: body-rate PID at 500 Hz and the mixer behind it.
///
/// Gains and integrator limits: platform_defaults_cf2.h of the Crazyflie firmware (figures only).
/// They act on degrees per second and yield motor counts, 65535 of which are THRUST_MAX.
#pragma once

#include "sim_core/params.hpp"
#include "sim_core/state.hpp"
#include "sim_core/thrust_command.hpp"

namespace sim_core::SIM_CORE_ISA {

constexpr float kCountsTorqueLimit = 32767.0f;  ///< the PID's output is a signed 16-bit number
constexpr float kDegreesPerRadian = 57.29577951f;
constexpr float kIntegralLimitPitchRollDeg = 33.3f;
constexpr float kIntegralLimitYawDeg = 166.7f;

template <class T>
struct RateLoop {
  Vec3<T> integral_deg;    ///< integral of the rate error, deg
  Vec3<T> previous_deg_s;  ///< measured rate one step ago, deg/s
};

/// One axis: u = kp e + ki int(e) - kd d(measurement)/dt; `rise` is the measurement's over one step.
template <class T>
inline T pid_axis(const T* gains, const T& error, T& integral, float limit, const T& rise) {
  integral = clamp(T(integral + error * kPhysicsStepS), splat<T>(-limit), splat<T>(limit));
  const T damping = gains[2] * (1.0f / kPhysicsStepS);
  const T out = gains[0] * error + gains[1] * integral - damping * rise;
  return clamp(out, splat<T>(-kCountsTorqueLimit), splat<T>(kCountsTorqueLimit));
}

/// Torque demand [counts] about the body's axes, for a rate target [deg/s] and measured rates [rad/s].
template <class T>
inline Vec3<T> step_rate_loop_deg(RateLoop<T>& loop, const Params<T>& params,
                                  const Vec3<T>& target_deg_s, const Vec3<T>& measured) {
  const Vec3<T> measured_deg_s = measured * splat<T>(kDegreesPerRadian);
  const Vec3<T> error = target_deg_s - measured_deg_s;
  const Vec3<T> rise = measured_deg_s - loop.previous_deg_s;
  loop.previous_deg_s = measured_deg_s;
  return {
      pid_axis(params.rate_pitch_roll_gains, error.x, loop.integral_deg.x,
               kIntegralLimitPitchRollDeg, rise.x),
      pid_axis(params.rate_pitch_roll_gains, error.y, loop.integral_deg.y,
               kIntegralLimitPitchRollDeg, rise.y),
      pid_axis(params.rate_yaw_gains, error.z, loop.integral_deg.z, kIntegralLimitYawDeg, rise.z)};
}

/// The same for a target in rad/s.
template <class T>
inline Vec3<T> step_rate_loop(RateLoop<T>& loop, const Params<T>& params, const Vec3<T>& target,
                              const Vec3<T>& measured) {
  return step_rate_loop_deg(loop, params, target * splat<T>(kDegreesPerRadian), measured);
}

template <class T>
struct MotorCounts {
  T m[4];
};

/// Shares thrust and torque demands among the motors; what exceeds full scale is taken from all
/// four alike, so that torque goes before thrust.
template <class T>
inline MotorCounts<T> mix(const T& collective_counts, const Vec3<T>& torque_counts) {
  const T roll = torque_counts.x * 0.5f, pitch = torque_counts.y * 0.5f;
  const T right = collective_counts - roll, left = collective_counts + roll;
  const T with_yaw = pitch + torque_counts.z, against_yaw = pitch - torque_counts.z;
  MotorCounts<T> counts{
      {T(right - with_yaw), T(right + with_yaw), T(left + against_yaw), T(left - against_yaw)}};
  const T highest = max_of(max_of(counts.m[0], counts.m[1]), max_of(counts.m[2], counts.m[3]));
  const T excess = max_of(T(highest - kCountsFull), T{});
  for (T& count : counts.m) count = max_of(T(count - excess), T{});
  return counts;
}

}  // namespace sim_core::SIM_CORE_ISA
