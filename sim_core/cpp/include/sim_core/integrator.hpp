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
inline void step_body(BodyState<T>& body, const Derived<T>& derived, const Surroundings<T>& around,
                      const Levers<T>& levers, const T target_n[4], double step_s) {
  const T dt = splat<T>(step_s), half = splat<T>(0.5 * step_s);

  // Thrust over the step: the sum of its ends, second order like the rest.
  T ends_n[4], yaw = levers.trim.z;
  for (int i = 0; i < 4; ++i) {
    const T before = body.thrust_n[i], rise = lag_rise(derived, before, target_n[i]);
    body.thrust_n[i] = before + rise;
    ends_n[i] = before + body.thrust_n[i];
    yaw = madd(rise, levers.spin[i], yaw);
  }
  const Thrusts<T> thrusts = thrusts_of(ends_n);
  const Vec3<T> push = push_of(levers, thrusts, yaw);

  // Body rates at the middle and at the end of the step.
  const Vec3<T> w_0 = body.w_WB_B;
  const Vec3<T> w_mid = madd(rates_gained(levers, push, w_0), splat<T>(0.5), w_0);
  body.w_WB_B = w_0 + rates_gained(levers, push, w_mid);

  // Attitude: the body turns by w_mid dt, about its own axes; the mean of the ends is the middle.
  const Quat<T> q_0 = body.q_WB;
  body.q_WB = q_0 * small_rotation(w_mid * dt);
  const Vec3<T> z_mid = body_z_of_doubled(q_0 + body.q_WB);

  // Acceleration from the velocity at the beginning: thrust, gravity, and a drag with one coefficient
  // across the thrust axis and another along it.
  const Vec3<T> v_0 = body.v_WB, air = v_0 - around.wind;
  const T along = nmadd(derived.drag_excess_per_s, dot(z_mid, air), T(levers.lift * thrusts.sum));
  Vec3<T> a_0 = nmadd(air, derived.drag_across_per_s, z_mid * along);
  a_0.z = a_0.z + around.field;

  // The one at the middle is less the drag on what the velocity has gained by then. The position
  // follows the mean velocity.
  const T loss = levers.velocity_loss * dot(z_mid, a_0);
  body.v_WB = nmadd(z_mid, loss, madd(a_0, levers.velocity_gain, v_0));
  body.p_WB = madd(v_0 + body.v_WB, half, body.p_WB);
}

template <class T>
inline void step_body(BodyState<T>& body, const Params<T>& params, const Derived<T>& derived,
                      const Surroundings<T>& around, const T target_n[4], double step_s) {
  step_body(body, derived, around, levers_of(params, derived, around, step_s), target_n, step_s);
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
