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
  Vec3<T> integral_deg;  ///< integral of the rate error, deg
  Vec3<T> previous;      ///< measured rate one step ago, rad/s
};

/// Gains of one axis in counts, on an error in rad/s, its integral in degrees, and the rise of the
/// measurement over one physics step in rad/s.
template <class T>
struct AxisGains {
  T error, integral, rise;
};

template <class T>
inline AxisGains<T> axis_gains(const T* pid) {
  return {T(pid[0] * kDegreesPerRadian), pid[1], T(pid[2] * (kDegreesPerRadian / kPhysicsStepS))};
}

template <class T>
struct RateGains {
  AxisGains<T> pitch_roll, yaw;
};

template <class T>
inline RateGains<T> rate_gains(const Params<T>& params) {
  return {axis_gains(params.rate_pitch_roll_gains), axis_gains(params.rate_yaw_gains)};
}

/// One axis: u = kp e + ki int(e) - kd d(measurement)/dt; `rise` is the measurement's over one step.
template <class T>
inline T pid_axis(const AxisGains<T>& gains, const T& error, T& integral_deg, float limit_deg,
                  const T& rise) {
  integral_deg = clamp(madd(error, kDegreesPerRadian * kPhysicsStepS, integral_deg),
                       splat<T>(-limit_deg), splat<T>(limit_deg));
  const T out = madd(gains.integral, integral_deg, nmadd(gains.rise, rise, T(gains.error * error)));
  return clamp(out, splat<T>(-kCountsTorqueLimit), splat<T>(kCountsTorqueLimit));
}

/// Torque demand [counts] about the body's axes, for target and measured rates [rad/s].
template <class T>
inline Vec3<T> step_rate_loop(RateLoop<T>& loop, const RateGains<T>& gains, const Vec3<T>& target,
                              const Vec3<T>& measured) {
  const Vec3<T> error = target - measured, rise = measured - loop.previous;
  Vec3<T>& integral = loop.integral_deg;
  loop.previous = measured;
  return {pid_axis(gains.pitch_roll, error.x, integral.x, kIntegralLimitPitchRollDeg, rise.x),
          pid_axis(gains.pitch_roll, error.y, integral.y, kIntegralLimitPitchRollDeg, rise.y),
          pid_axis(gains.yaw, error.z, integral.z, kIntegralLimitYawDeg, rise.z)};
}

template <class T>
struct MotorCounts {
  T m[4];
};

/// Shares thrust and torque demands among the motors; what exceeds full scale is taken from all
/// four alike, so that torque goes before thrust.
template <class T>
inline MotorCounts<T> mix(const T& collective_counts, const Vec3<T>& torque_counts) {
  const Vec3<T>& torque = torque_counts;
  const T right = nmadd(torque.x, 0.5f, collective_counts);
  const T left = madd(torque.x, 0.5f, collective_counts);
  const T with_yaw = madd(torque.y, 0.5f, torque.z),
          against_yaw = madd(torque.y, 0.5f, T(-torque.z));
  MotorCounts<T> counts{
      {T(right - with_yaw), T(right + with_yaw), T(left + against_yaw), T(left - against_yaw)}};
  const T highest = max_of(max_of(counts.m[0], counts.m[1]), max_of(counts.m[2], counts.m[3]));
  const T excess = max_of(T(highest - kCountsFull), T{});
  for (T& count : counts.m) count = max_of(T(count - excess), T{});
  return counts;
}

}  // namespace sim_core::SIM_CORE_ISA
