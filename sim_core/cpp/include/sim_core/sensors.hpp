// SPDX-License-Identifier: Apache-2.0
/// The state estimate that leaves the drone: truth, white noise and an attitude bias.
#pragma once

#include "sim_core/params.hpp"
#include "sim_core/rng.hpp"
#include "sim_core/state.hpp"

namespace sim_core::SIM_CORE_ISA {

template <class T>
struct Estimate {
  Vec3<T> p_WB;
  Quat<T> q_WB;
  Vec3<T> v_WB;
  Vec3<T> w_WB_B;
};

template <class T>
inline Estimate<T> estimate(const BodyState<T>& body, const Params<T>& params,
                            const EstimateNoise& noise, const Counter<T>& at) {
  T n[12];
  for (std::uint32_t i = 0; i < 3; ++i) {
    const Draw<T> bits = draw(at, Purpose::kEstimate, i);
    const Pair<T> one = normal_pair<T>(bits.a, bits.b), two = normal_pair<T>(bits.c, bits.d);
    n[4 * i] = one.first;
    n[4 * i + 1] = one.second;
    n[4 * i + 2] = two.first;
    n[4 * i + 3] = two.second;
  }
  const Vec3<T> tilt = {T(n[6] * noise.attitude_rad + params.attitude_bias_x_rad),
                        T(n[7] * noise.attitude_rad + params.attitude_bias_y_rad),
                        T(n[8] * noise.attitude_rad)};
  return {body.p_WB + Vec3<T>{n[0], n[1], n[2]} * splat<T>(noise.position_m),
          body.q_WB * small_rotation(tilt),
          body.v_WB + Vec3<T>{n[3], n[4], n[5]} * splat<T>(noise.velocity_m_s),
          body.w_WB_B + Vec3<T>{n[9], n[10], n[11]} * splat<T>(noise.body_rate_rad_s)};
}

}  // namespace sim_core::SIM_CORE_ISA
