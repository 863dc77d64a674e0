// SPDX-License-Identifier: Apache-2.0
/// Everything that makes one drone differ from another, and what is derived from it once.
#pragma once

#include "sim_core/elementary.hpp"
#include "sim_core/settings.hpp"
#include "sim_core/vec_math.hpp"

namespace sim_core::SIM_CORE_ISA {

/// Parameters of one drone (or of one drone per lane); order and count as kParameterNames.
template <class T>
struct Params {
  T mass_kg;
  Vec3<T> inertia_kg_m2;               ///< principal moments about the centre of mass, in B
  T arm_component_m;                   ///< x and y distance of each motor from the centre of mass
  T torque_per_thrust_m;               ///< rotor reaction torque over its thrust
  T thrust_max_n;                      ///< per motor, at full command (firmware's THRUST_MAX)
  T thrust_gain;                       ///< true over commanded thrust, all motors
  T motor_gain[4];                     ///< the same, motor by motor
  Vec3<T> trim_torque_n_m;             ///< constant torque in B that the rate loop must cancel
  T rotor_lag_up_s, rotor_lag_down_s;  ///< first-order lag of the thrust, rising and falling
  T rotor_dead_time_s;                 ///< pure delay between mixer and rotor
  T drag_across_n_s_m, drag_along_n_s_m;  ///< linear drag across and along the thrust axis
  T link_delay_s;  ///< from the instant of a state to the effect of its command
  T attitude_bias_x_rad, attitude_bias_y_rad;  ///< of the state estimate
  T battery_charge;                            ///< state of charge at the start, 0 to 1
  T battery_capacity_c;                        ///< coulomb
  T battery_resistance_ohm;
  T battery_current_a_per_n15;  ///< current over the sum of thrust^1.5 (momentum theory)
  T battery_volts[4];           ///< open-circuit volts as a cubic in the state of charge
  T motor_volts_to_n[4];        ///< thrust per motor as a cubic in its volts
  T rate_pitch_roll_gains[3];   ///< kp, ki, kd of the firmware's roll and pitch rate loops
  T rate_yaw_gains[3];
};
static_assert(sizeof(Params<float>) == kParameterCount * sizeof(float),
              "kParameterNames and Params must list the same numbers");

/// Constants of the step that follow from the parameters.
template <class T>
struct Derived {
  T inverse_mass;
  Vec3<T> inverse_inertia;
  T lag_up, lag_down;  ///< share of the gap to its target that a rotor closes in one step
  T dead_time_steps;   ///< whole physics steps
  T link_control_steps, link_remainder_steps;  ///< link delay = 5 * control + remainder
};

/// Whole number nearest to x >= 0.
template <class T>
inline T rounded(const T& x) {
  return to_number(truncate(T(x + 0.5f)));
}
inline double rounded(double x) { return static_cast<double>(static_cast<int>(x + 0.5)); }

template <class T>
inline Derived<T> derive(const Params<T>& params, double step_s) {
  Derived<T> derived;
  derived.inverse_mass = T{} + 1.0f / params.mass_kg;
  const Vec3<T>& inertia = params.inertia_kg_m2;
  derived.inverse_inertia = {1.0f / inertia.x, 1.0f / inertia.y, 1.0f / inertia.z};
  // Exact step of a first-order lag: 1 - exp(-dt / tau).
  derived.lag_up = 1.0f - exp_of(T(splat<T>(-step_s) / params.rotor_lag_up_s));
  derived.lag_down = 1.0f - exp_of(T(splat<T>(-step_s) / params.rotor_lag_down_s));
  derived.dead_time_steps = rounded(T(params.rotor_dead_time_s / splat<T>(step_s)));
  const T link_steps = rounded(T(params.link_delay_s / splat<T>(step_s)));
  derived.link_control_steps = rounded(T((link_steps - 2.0f) / static_cast<float>(kSubsteps)));
  derived.link_remainder_steps =
      link_steps - derived.link_control_steps * static_cast<float>(kSubsteps);
  return derived;
}

}  // namespace sim_core::SIM_CORE_ISA
