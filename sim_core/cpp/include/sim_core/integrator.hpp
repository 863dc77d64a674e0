// SPDX-License-Identifier: Apache-2.0
/// One step of a drone's motion: explicit midpoint, second order in the step, with the rotors' lag
/// solved exactly. Two evaluations of the angular part, two of the linear one.
#pragma once

#include "sim_core/rigid_body.hpp"
#include "sim_core/rotor.hpp"
#include "sim_core/surroundings.hpp"

namespace sim_core::SIM_CORE_ISA {

/// Moves rotors and body by `step_s`, with the rotors' targets held constant. The quaternion's length
/// drifts by angle^4 / 384 a step (1e-10 at 6 rad/s): whoever steps normalises it now and then.
template <class T>
inline void step_body(BodyState<T>& body, const Params<T>& params, const Derived<T>& derived,
                      const Surroundings<T>& around, const T target_n[4], double step_s) {
  const T dt = splat<T>(step_s), half = splat<T>(0.5 * step_s);

  // Thrust over the step: mean of its ends, second order like the rest.
  const T half_gain = around.ground_gain * 0.5f;
  T mean_n[4], spin_n_m_s[4];
  for (int i = 0; i < 4; ++i) {
    const T before = body.thrust_n[i], rise = lag_rise(derived, before, target_n[i]);
    body.thrust_n[i] = before + rise;
    mean_n[i] = (before + body.thrust_n[i]) * half_gain;
    spin_n_m_s[i] = rise * around.spin.per_n_s[i];
  }
  Wrench<T> wrench = rotor_wrench(params, mean_n);
  const T spin = (spin_n_m_s[0] + spin_n_m_s[1]) + (spin_n_m_s[2] + spin_n_m_s[3]);
  wrench.tau_B.z = wrench.tau_B.z + spin * splat<T>(1.0 / step_s);

  // Body rates at the middle and at the end of the step.
  const Vec3<T> push = scale(derived.inverse_inertia, wrench.tau_B);
  const Vec3<T> w_0 = body.w_WB_B;
  const Vec3<T> w_mid = w_0 + angular_acceleration(derived, push, w_0) * half;
  body.w_WB_B = w_0 + angular_acceleration(derived, push, w_mid) * dt;

  // Attitude: the body turns by w_mid dt, about its own axes; the mean of the ends is the middle.
  const Quat<T> q_0 = body.q_WB;
  body.q_WB = q_0 * small_rotation(w_mid * dt);
  const Vec3<T> z_mid = body_z_of_doubled(q_0 + body.q_WB);

  // Velocity and position from the acceleration at the middle: the one at the beginning, less the
  // drag on what the velocity has gained by then.
  const Vec3<T> v_0 = body.v_WB;
  const Vec3<T> a_0 = z_mid * T(wrench.thrust_n * derived.inverse_mass) + around.field -
                      drag_deceleration(derived, z_mid, v_0 - around.wind);
  const Vec3<T> gained = a_0 * half;
  body.v_WB = v_0 + (a_0 - drag_deceleration(derived, z_mid, gained)) * dt;
  body.p_WB = body.p_WB + (v_0 + gained) * dt;
}

/// The same in air that stands still but for the drone's constant wind, with a length of 1 kept.
template <class T>
inline void step_body(BodyState<T>& body, const Params<T>& params, const Derived<T>& derived,
                      const T target_n[4], double step_s) {
  step_body(body, params, derived, surroundings_of(body, params, derived, Gusts<T>{}), target_n,
            step_s);
  body.q_WB = normalized(body.q_WB);
}

}  // namespace sim_core::SIM_CORE_ISA
