// SPDX-License-Identifier: Apache-2.0
/// Gyro and accelerometer as the firmware hears them: behind its second-order low-pass filters.
///
/// The rate loop here measures the unfiltered rate: 80 Hz costs about 3 ms of delay, and the dead time
/// that recordings show within the loop (rotor.hpp) holds it already; both would make drones oscillate
/// that do not.
#pragma once

#include <cmath>

#include "sim_core/params.hpp"
#include "sim_core/state.hpp"

namespace sim_core::SIM_CORE_ISA {

constexpr float kGyroCutoffHz = 80.0f;           ///< firmware, GYRO_LPF_CUTOFF_FREQ
constexpr float kAccelerometerCutoffHz = 30.0f;  ///< firmware, ACCEL_LPF_CUTOFF_FREQ

/// A second-order Butterworth low-pass (bilinear transform with prewarped cut-off) of a vector.
struct LowPass {
  Vec3<float> before = {0.0f, 0.0f, 0.0f}, earlier = {0.0f, 0.0f, 0.0f};

  /// Settles on a constant input.
  void settle(const Vec3<float>& value, float cutoff_hz) {
    const Coefficients c = coefficients(cutoff_hz);
    before = earlier = value * (1.0f / (4.0f * c.gain));
  }

  Vec3<float> step(const Vec3<float>& input, float cutoff_hz) {
    const Coefficients c = coefficients(cutoff_hz);
    const Vec3<float> now = input - before * c.first - earlier * c.second;
    const Vec3<float> out = (now + before * 2.0f + earlier) * c.gain;
    earlier = before;
    before = now;
    return out;
  }

 private:
  struct Coefficients {
    float gain, first, second;
  };
  static Coefficients coefficients(float cutoff_hz) {
    const float k = std::tan(3.14159265f * cutoff_hz * kPhysicsStepS);
    const float scale = 1.0f / (1.0f + 1.41421356f * k + k * k);
    return {k * k * scale, 2.0f * (k * k - 1.0f) * scale, (1.0f - 1.41421356f * k + k * k) * scale};
  }
};

struct Imu {
  LowPass gyro_filter, accelerometer_filter;
  Vec3<float> gyro_rad_s = {0.0f, 0.0f, 0.0f};          ///< in B
  Vec3<float> accelerometer_m_s2 = {0.0f, 0.0f, 0.0f};  ///< specific force, in B
  Vec3<float> felt_m_s2 = {0.0f, 0.0f, 0.0f};           ///< specific force before its filter, in B
};

/// As after a long rest in the present attitude.
inline void settle_imu(Imu& imu, const BodyState<float>& body) {
  const Rotation<float> R = rotation_of(body.q_WB);
  imu.felt_m_s2 = imu.accelerometer_m_s2 = R.row_z * kGravity;
  imu.gyro_rad_s = body.w_WB_B;
  imu.gyro_filter.settle(imu.gyro_rad_s, kGyroCutoffHz);
  imu.accelerometer_filter.settle(imu.accelerometer_m_s2, kAccelerometerCutoffHz);
}

/// Specific force, acceleration less gravity, over a physics step that began at velocity `v_before`.
inline void step_imu(Imu& imu, const BodyState<float>& body, const Vec3<float>& v_before) {
  Vec3<float> f_W = (body.v_WB - v_before) * (1.0f / kPhysicsStepS);
  f_W.z += kGravity;
  const Rotation<float> R = rotation_of(body.q_WB);
  imu.felt_m_s2 = R.row_x * f_W.x + R.row_y * f_W.y + R.row_z * f_W.z;
  imu.accelerometer_m_s2 = imu.accelerometer_filter.step(imu.felt_m_s2, kAccelerometerCutoffHz);
  imu.gyro_rad_s = imu.gyro_filter.step(body.w_WB_B, kGyroCutoffHz);
}

}  // namespace sim_core::SIM_CORE_ISA
