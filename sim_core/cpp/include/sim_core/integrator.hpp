// SPDX-License-Identifier: Apache-2.0
/// One step of a drone's motion: explicit midpoint, second order in the step, with the rotors' lag
/// solved exactly. Two evaluations of the angular part, two of the linear one.
#pragma once

#include "sim_core/rigid_body.hpp"
#include "sim_core/rotor.hpp"

namespace sim_core::SIM_CORE_ISA {

/// Moves rotors and body by `step_s`, with the rotors' targets held constant.
template <class T>
inline void step_body(BodyState<T>& body, const Params<T>& params, const Derived<T>& derived,
                      const T target_n[4], double step_s) {
  const T dt = splat<T>(step_s), half = splat<T>(0.5 * step_s);

  // Thrust over the step: mean of its ends, second order like the rest.
  T mean_n[4];
  for (int i = 0; i < 4; ++i) {
    const T after = lagged(derived, body.thrust_n[i], target_n[i]);
    mean_n[i] = (body.thrust_n[i] + after) * 0.5f;
    body.thrust_n[i] = after;
  }
  const Wrench<T> wrench = rotor_wrench(params, mean_n);

  // Body rates at the middle and at the end of the step.
  const Vec3<T> w_0 = body.w_WB_B;
  const Vec3<T> w_mid = w_0 + angular_acceleration(params, derived, wrench.tau_B, w_0) * half;
  body.w_WB_B = w_0 + angular_acceleration(params, derived, wrench.tau_B, w_mid) * dt;

  // Attitude: the body turns by w_mid dt, about its own axes; half of it gives the middle.
  const Quat<T> q_mid = body.q_WB * small_rotation(w_mid * half);
  body.q_WB = normalized(body.q_WB * small_rotation(w_mid * dt));

  // Velocity and position from the acceleration at the middle.
  const Vec3<T> z_mid = body_z_of(q_mid);
  const Vec3<T> v_0 = body.v_WB;
  const Vec3<T> v_mid = v_0 + acceleration(params, derived, wrench.thrust_n, z_mid, v_0) * half;
  body.v_WB = v_0 + acceleration(params, derived, wrench.thrust_n, z_mid, v_mid) * dt;
  body.p_WB = body.p_WB + v_mid * dt;
}

}  // namespace sim_core::SIM_CORE_ISA
