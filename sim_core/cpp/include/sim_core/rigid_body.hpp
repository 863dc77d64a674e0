// SPDX-License-Identifier: Apache-2.0
/// Forces, torques and the motion they cause.
#pragma once

#include "sim_core/center_of_mass.hpp"
#include "sim_core/params.hpp"
#include "sim_core/state.hpp"
#include "sim_core/surroundings.hpp"

namespace sim_core::SIM_CORE_ISA {

/// What one step makes of the rotors' thrust, held for a control step. Thrusts enter as the sum of
/// those before and after the step, and the floor's gain is in here.
template <class T>
struct Levers {
  T lift;              ///< acceleration along B's z over the four rotors' sum [m/s^2/N]
  T roll, pitch, yaw;  ///< change of the body rates [rad/s] over a difference of thrusts [N]
  T roll_offset, pitch_offset;  ///< the same over the four's sum: the centre of mass
  Vec3<T> trim;                 ///< the same of constant torques [rad/s]
  T spin[4];                    ///< change of the yaw rate over the rise of a thrust [rad/s/N]
  Vec3<T> gyroscopic;           ///< change of the body rates over products of two of them [s]
  T velocity_gain;              ///< of the midpoint's acceleration, with drag across it [s]
  T velocity_loss;              ///< the same along the thrust axis [s]
};

/// Rotors sit at (±d, ±d) about their middle, M1 front-right and on clockwise; M1 and M3 turn
/// counter-clockwise, so their reaction torque is negative about z.
template <class T>
inline Levers<T> levers_of(const Params<T>& params, const Derived<T>& derived,
                           const Surroundings<T>& around, double step_s) {
  const T dt = splat<T>(step_s), half = splat<T>(0.5 * step_s);
  const Vec3<T> turn = derived.inverse_inertia * dt;
  const T half_gain = around.ground_gain * 0.5f;
  const Vec3<T> turn_n = turn * half_gain;
  const Offset<T> offset = center_of_mass_lever(params);
  Levers<T> levers;
  levers.lift = derived.inverse_mass * half_gain;
  levers.roll = params.arm_component_m * turn_n.x;
  levers.pitch = params.arm_component_m * turn_n.y;
  levers.yaw = params.torque_per_thrust_m * turn_n.z;
  levers.roll_offset = offset.x * turn_n.x;
  levers.pitch_offset = offset.y * turn_n.y;
  levers.trim = scale(params.trim_torque_n_m, turn);
  for (int i = 0; i < 4; ++i) {
    levers.spin[i] = around.spin.per_n_s[i] * derived.inverse_inertia.z;
  }
  levers.gyroscopic = derived.gyroscopic * dt;
  levers.velocity_gain = nmadd(derived.drag_across_per_s, T(dt * half), dt);
  levers.velocity_loss = derived.drag_excess_per_s * T(dt * half);
  return levers;
}

/// Sum and differences of the rotors' thrusts.
template <class T>
struct Thrusts {
  T sum, left_right, rear_front, clockwise_counter;
};

template <class T>
inline Thrusts<T> thrusts_of(const T n[4]) {
  const T third_first = n[2] - n[0], fourth_second = n[3] - n[1];
  const T counter = n[0] + n[2], clockwise = n[1] + n[3];
  return {T(clockwise + counter), T(third_first + fourth_second), T(third_first - fourth_second),
          T(clockwise - counter)};
}

/// What the torques of a step add to the body rates, all but the gyroscopic part. `yaw`: what constant
/// torque and the rotors' own acceleration add about z.
template <class T>
inline Vec3<T> push_of(const Levers<T>& levers, const Thrusts<T>& thrusts, const T& yaw) {
  const T roll = madd(levers.roll_offset, thrusts.sum, levers.trim.x);
  const T pitch = madd(levers.pitch_offset, thrusts.sum, levers.trim.y);
  return {madd(levers.roll, thrusts.left_right, roll),
          madd(levers.pitch, thrusts.rear_front, pitch),
          madd(levers.yaw, thrusts.clockwise_counter, yaw)};
}

/// Change of the body rates over a step from Euler's equation, J dw/dt = tau - w x J w, axis by axis
/// over the principal moments: dw_x/dt = tau_x / J_x - (J_z - J_y) / J_x w_y w_z.
template <class T>
inline Vec3<T> rates_gained(const Levers<T>& levers, const Vec3<T>& push, const Vec3<T>& w_WB_B) {
  const Vec3<T>& w = w_WB_B;
  return {nmadd(levers.gyroscopic.x, T(w.y * w.z), push.x),
          nmadd(levers.gyroscopic.y, T(w.z * w.x), push.y),
          nmadd(levers.gyroscopic.z, T(w.x * w.y), push.z)};
}

}  // namespace sim_core::SIM_CORE_ISA
