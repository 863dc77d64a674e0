// SPDX-License-Identifier: Apache-2.0
/// Forces, torques and the motion they cause.
#pragma once

#include "sim_core/params.hpp"
#include "sim_core/state.hpp"

namespace sim_core::SIM_CORE_ISA {

/// Collective thrust [N] along B's z axis and torque [N m] in B.
template <class T>
struct Wrench {
  T thrust_n;
  Vec3<T> tau_B;
};

/// Rotors sit at (±d, ±d), M1 front-right and on clockwise; M1 and M3 turn counter-clockwise, so
/// their reaction torque is negative about z.
template <class T>
inline Wrench<T> rotor_wrench(const Params<T>& params, const T thrust_n[4]) {
  const T left = thrust_n[2] + thrust_n[3], right = thrust_n[0] + thrust_n[1];
  const T rear = thrust_n[1] + thrust_n[2], front = thrust_n[0] + thrust_n[3];
  const T clockwise = thrust_n[1] + thrust_n[3], counter = thrust_n[0] + thrust_n[2];
  const T& d = params.arm_component_m;
  return {T(left + right),
          {T(d * (left - right) + params.trim_torque_n_m.x),
           T(d * (rear - front) + params.trim_torque_n_m.y),
           T(params.torque_per_thrust_m * (clockwise - counter) + params.trim_torque_n_m.z)}};
}

/// dw/dt from Euler's equation: J dw/dt = tau - w x J w.
template <class T>
inline Vec3<T> angular_acceleration(const Params<T>& params, const Derived<T>& derived,
                                    const Vec3<T>& tau_B, const Vec3<T>& w_WB_B) {
  const Vec3<T> momentum = scale(params.inertia_kg_m2, w_WB_B);
  return scale(derived.inverse_inertia, tau_B - cross(w_WB_B, momentum));
}

/// dv/dt in W: thrust along the body's z axis, gravity, and drag that is linear in the velocity,
/// with one coefficient across the thrust axis and another along it.
template <class T>
inline Vec3<T> acceleration(const Params<T>& params, const Derived<T>& derived, const T& thrust_n,
                            const Vec3<T>& z_B_W, const Vec3<T>& v_WB) {
  const T along = params.drag_along_n_s_m - params.drag_across_n_s_m;
  const T axial = thrust_n - along * dot(z_B_W, v_WB);
  Vec3<T> a = (z_B_W * axial - v_WB * params.drag_across_n_s_m) * derived.inverse_mass;
  a.z = a.z - kGravity;
  return a;
}

}  // namespace sim_core::SIM_CORE_ISA
