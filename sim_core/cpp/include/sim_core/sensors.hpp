// SPDX-License-Identifier: Apache-2.0
/// The state estimate that leaves the drone: truth, white noise and an attitude bias.
#pragma once

#include "sim_core/estimate_lag.hpp"
#include "sim_core/rng.hpp"

namespace sim_core::SIM_CORE_ISA {

template <class T>
using Estimate = Pose<T>;

constexpr int kEstimateNormals = 12;
constexpr int kGyroNormal = 9;  ///< the first of three
static_assert(kEstimateNormals + 3 == kNormals, "what is left over drives the gusts");

/// The estimate of a state: `n` are kEstimateNormals standard normals.
template <class T>
inline Estimate<T> estimate(const Pose<T>& truth, const Params<T>& params,
                            const EstimateNoise& noise, const T* n) {
  const float position_z = noise.position_z_m < 0.0f ? noise.position_m : noise.position_z_m;
  const float velocity_z = noise.velocity_z_m_s < 0.0f ? noise.velocity_m_s : noise.velocity_z_m_s;
  const Vec3<T>&p = truth.p_WB, &v = truth.v_WB;
  const Vec3<T> tilt = {madd(n[6], noise.attitude_rad, params.attitude_bias_x_rad),
                        madd(n[7], noise.attitude_rad, params.attitude_bias_y_rad),
                        T(n[8] * noise.attitude_rad)};
  return {{madd(n[0], noise.position_m, p.x), madd(n[1], noise.position_m, p.y),
           madd(n[2], position_z, p.z)},
          truth.q_WB * small_rotation(tilt),
          {madd(n[3], noise.velocity_m_s, v.x), madd(n[4], noise.velocity_m_s, v.y),
           madd(n[5], velocity_z, v.z)},
          madd(Vec3<T>{n[kGyroNormal], n[kGyroNormal + 1], n[kGyroNormal + 2]},
               splat<T>(noise.body_rate_rad_s), truth.w_WB_B)};
}

}  // namespace sim_core::SIM_CORE_ISA
