// SPDX-License-Identifier: Apache-2.0
/// Forces, torques and the motion they cause.
#pragma once

#include "sim_core/center_of_mass.hpp"
#include "sim_core/params.hpp"
#include "sim_core/state.hpp"

namespace sim_core::SIM_CORE_ISA {

/// Collective thrust [N] along B's z axis and torque [N m] in B.
template <class T>
struct Wrench {
  T thrust_n;
  Vec3<T> tau_B;
};

/// Rotors sit at (±d, ±d) about their middle, M1 front-right and on clockwise; M1 and M3 turn
/// counter-clockwise, so their reaction torque is negative about z.
template <class T>
inline Wrench<T> rotor_wrench(const Params<T>& params, const T thrust_n[4]) {
  const T left = thrust_n[2] + thrust_n[3], right = thrust_n[0] + thrust_n[1];
  const T rear = thrust_n[1] + thrust_n[2], front = thrust_n[0] + thrust_n[3];
  const T clockwise = thrust_n[1] + thrust_n[3], counter = thrust_n[0] + thrust_n[2];
  const T& d = params.arm_component_m;
  const T collective = left + right;
  const Offset<T> lever = offset_torque(params, collective);
  return {collective,
          {T(d * (left - right) + params.trim_torque_n_m.x + lever.x),
           T(d * (rear - front) + params.trim_torque_n_m.y + lever.y),
           T(params.torque_per_thrust_m * (clockwise - counter) + params.trim_torque_n_m.z)}};
}

/// dw/dt from Euler's equation, J dw/dt = tau - w x J w, axis by axis over the principal moments:
/// dw_x/dt = tau_x / J_x - (J_z - J_y) / J_x w_y w_z. `push` is tau over the moments.
template <class T>
inline Vec3<T> angular_acceleration(const Derived<T>& derived, const Vec3<T>& push,
                                    const Vec3<T>& w_WB_B) {
  const Vec3<T>& w = w_WB_B;
  return {T(push.x - derived.gyroscopic.x * (w.y * w.z)),
          T(push.y - derived.gyroscopic.y * (w.z * w.x)),
          T(push.z - derived.gyroscopic.z * (w.x * w.y))};
}

/// What linear drag takes from an air velocity [m/s; W] a second: one coefficient across the thrust
/// axis and another along it.
template <class T>
inline Vec3<T> drag_deceleration(const Derived<T>& derived, const Vec3<T>& z_B_W,
                                 const Vec3<T>& air_velocity) {
  const T excess = derived.drag_excess_per_s * dot(z_B_W, air_velocity);
  return air_velocity * derived.drag_across_per_s + z_B_W * excess;
}

}  // namespace sim_core::SIM_CORE_ISA
