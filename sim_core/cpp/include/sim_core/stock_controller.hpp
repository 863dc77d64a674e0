// SPDX-License-Identifier: Apache-2.0
/// The firmware's cascade above the rate loop: position and velocity at 100 Hz, attitude at 500 Hz.
///
/// Written from the block diagram and the default gains of the cf2 platform (platform_defaults_cf2.h,
/// figures only). Its inner units are degrees and motor counts. Integrators stand still while
/// somebody else commands rates, so that control comes back without a jump.
#pragma once

#include "sim_core/rate_loop.hpp"
#include "sim_core/sensors.hpp"

namespace sim_core::SIM_CORE_ISA {

constexpr float kPositionKp = 2.0f, kPositionZKi = 0.5f;
constexpr float kSpeedLimit = 1.1f;  ///< m/s; 1.0 and the firmware's 10 % overhead
constexpr float kVelocityKp = 25.0f, kVelocityKi = 1.0f;
constexpr float kVelocityZKp = 25.0f, kVelocityZKi = 15.0f;
constexpr float kTiltLimitDeg = 20.0f;
constexpr float kThrustBaseCounts = 36000.0f, kThrustMinCounts = 20000.0f;
constexpr float kThrustScaleCounts = 1000.0f;
constexpr float kAttitudeKp = 6.0f, kAttitudeKi = 3.0f, kAttitudeLimitDeg = 20.0f;
constexpr float kYawKp = 6.0f, kYawKi = 1.0f, kYawKd = 0.35f, kYawLimitDeg = 360.0f;

struct PositionTarget {
  Vec3<float> p_WB;  ///< m
  float yaw_rad;
};

/// What the cascade remembers.
struct StockController {
  float position_z_integral = 0.0f;
  Vec3<float> velocity_integral = {0.0f, 0.0f, 0.0f};
  Vec3<float> attitude_integral_deg = {0.0f, 0.0f, 0.0f};
  float previous_yaw_deg = 0.0f;
  float roll_deg = 0.0f, pitch_deg = 0.0f;  ///< wanted by the velocity loop
  float thrust_counts = 0.0f;
};

inline float wrap_deg(float angle) {
  while (angle > 180.0f) angle -= 360.0f;
  while (angle < -180.0f) angle += 360.0f;
  return angle;
}

struct EulerDeg {
  float roll, pitch, yaw;  ///< right-handed about x, y, z of FLU
};

inline EulerDeg euler_of(const Quat<float>& q) {
  const Rotation<float> R = rotation_of(q);
  const float sine = clamp(-R.row_z.x, -1.0f, 1.0f);
  return {std::atan2(R.row_z.y, R.row_z.z) * kDegreesPerRadian, std::asin(sine) * kDegreesPerRadian,
          std::atan2(R.row_y.x, R.row_x.x) * kDegreesPerRadian};
}

/// Position error to velocity, velocity error to tilt and thrust; call at 100 Hz.
inline void step_position_loops(StockController& memory, const PositionTarget& target,
                                const Estimate<float>& seen) {
  const Vec3<float> error = target.p_WB - seen.p_WB;
  memory.position_z_integral += error.z * kControlStepS;
  const float v_z = clamp(kPositionKp * error.z + kPositionZKi * memory.position_z_integral,
                          -kSpeedLimit, kSpeedLimit);

  // Horizontally in the frame of the drone's own heading.
  const float yaw = euler_of(seen.q_WB).yaw / kDegreesPerRadian;
  const float c = std::cos(yaw), s = std::sin(yaw);
  const auto ahead = [&](const Vec3<float>& v) { return c * v.x + s * v.y; };
  const auto left = [&](const Vec3<float>& v) { return c * v.y - s * v.x; };
  const float v_ahead = clamp(kPositionKp * ahead(error), -kSpeedLimit, kSpeedLimit);
  const float v_left = clamp(kPositionKp * left(error), -kSpeedLimit, kSpeedLimit);

  const Vec3<float> lack = {v_ahead - ahead(seen.v_WB), v_left - left(seen.v_WB),
                            v_z - seen.v_WB.z};
  memory.velocity_integral = memory.velocity_integral + lack * kControlStepS;
  const Vec3<float>& sum = memory.velocity_integral;
  memory.pitch_deg =
      clamp(kVelocityKp * lack.x + kVelocityKi * sum.x, -kTiltLimitDeg, kTiltLimitDeg);
  memory.roll_deg =
      -clamp(kVelocityKp * lack.y + kVelocityKi * sum.y, -kTiltLimitDeg, kTiltLimitDeg);
  const float climb = kVelocityZKp * lack.z + kVelocityZKi * sum.z;
  memory.thrust_counts =
      clamp(kThrustBaseCounts + kThrustScaleCounts * climb, kThrustMinCounts, kCountsFull);
}

/// Attitude error to body rates [rad/s]; call at 500 Hz.
inline Vec3<float> step_attitude_loop(StockController& memory, float yaw_target_rad,
                                      const Quat<float>& q_WB) {
  const EulerDeg now = euler_of(q_WB);
  const Vec3<float> error = {memory.roll_deg - now.roll, memory.pitch_deg - now.pitch,
                             wrap_deg(yaw_target_rad * kDegreesPerRadian - now.yaw)};
  Vec3<float>& sum = memory.attitude_integral_deg;
  sum = sum + error * kPhysicsStepS;
  sum.x = clamp(sum.x, -kAttitudeLimitDeg, kAttitudeLimitDeg);
  sum.y = clamp(sum.y, -kAttitudeLimitDeg, kAttitudeLimitDeg);
  sum.z = clamp(sum.z, -kYawLimitDeg, kYawLimitDeg);
  const float yaw_rate = wrap_deg(now.yaw - memory.previous_yaw_deg) / kPhysicsStepS;
  memory.previous_yaw_deg = now.yaw;
  const Vec3<float> rates_deg_s = {kAttitudeKp * error.x + kAttitudeKi * sum.x,
                                   kAttitudeKp * error.y + kAttitudeKi * sum.y,
                                   kYawKp * error.z + kYawKi * sum.z - kYawKd * yaw_rate};
  return rates_deg_s * (1.0f / kDegreesPerRadian);
}

}  // namespace sim_core::SIM_CORE_ISA
