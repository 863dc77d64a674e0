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
  // What is zero below does not act.
  T center_of_mass_x_m, center_of_mass_y_m;  ///< from the middle of the rotors, in B
  T rotor_inertia_kg_m2;                     ///< of one rotor with its bell, about its axis
  T rotor_thrust_n_per_rad2_s2;              ///< thrust over squared speed
  T rotor_radius_m;
  T ground_effect;   ///< factor of the ground effect; 1: Cheeseman and Bennett's single rotor
  T downwash;        ///< share of the measured downwash that this drone feels
  Vec3<T> wind_m_s;  ///< constant part, in W
  T gust_m_s;        ///< standard deviation of the gusts, each axis
  T gust_time_s;     ///< their correlation time
  T pwm_firmware;    ///< above a half: thrust commands as before 2025, see thrust_command.hpp
  T link_jitter_s;   ///< largest addition to the link's delay
  T link_loss;       ///< share of the commands that never arrive
  T estimate_lag_s;  ///< age of the state that an estimate tells
};
static_assert(sizeof(Params<float>) == kParameterCount * sizeof(float),
              "kParameterNames and Params must list the same numbers");

/// Constants of the step that follow from the parameters, worked out once an episode.
template <class T>
struct Derived {
  T inverse_mass;
  Vec3<T> inverse_inertia;
  Vec3<T> gyroscopic;      ///< (J_z - J_y) / J_x, and on round
  T drag_across_per_s;     ///< drag over mass, across the thrust axis
  T drag_excess_per_s;     ///< what it has more along the axis
  T lag_up, lag_down;      ///< share of the gap to its target that a rotor closes in one step
  T dead_time_steps;       ///< whole physics steps
  T link_steps;            ///< link delay in whole physics steps, without jitter
  T spin_torque;           ///< torque of a rotor's own acceleration: times dT/dt over sqrt(T)
  T ground_m2;             ///< ground effect: thrust gain is z^2 / (z^2 - this)
  T gust_keep, gust_kick;  ///< of the gusts over one control step
  T hover_n;               ///< collective thrust command that carries the drone
};

/// A rotor of thrust T = k W^2 speeds up by dW/dt = dT/dt / (2 sqrt(k T)); its inertia times that is
/// the torque it takes.
template <class T>
inline T spin_torque_of(const Params<T>& params) {
  const T& k = params.rotor_thrust_n_per_rad2_s2;
  const T torque = params.rotor_inertia_kg_m2 / (2.0f * sqrt_of(max_of(k, splat<T>(1e-20))));
  return select(k > T{}, torque, T{});
}

/// Whole number nearest to x >= 0.
template <class T>
inline T rounded(const T& x) {
  return to_number(truncate(T(x + 0.5f)));
}
inline double rounded(double x) { return static_cast<double>(static_cast<int>(x + 0.5)); }

/// 1 - exp(-step / time): the exact step of a first-order lag.
template <class T>
inline T closed_share(double step_s, const T& time_s) {
  return 1.0f - exp_of(T(splat<T>(-step_s) / time_s));
}

template <class T>
inline Derived<T> derive(const Params<T>& params, double step_s) {
  Derived<T> derived;
  derived.inverse_mass = T{} + 1.0f / params.mass_kg;
  const Vec3<T>& J = params.inertia_kg_m2;
  derived.inverse_inertia = {1.0f / J.x, 1.0f / J.y, 1.0f / J.z};
  derived.gyroscopic = {T((J.z - J.y) / J.x), T((J.x - J.z) / J.y), T((J.y - J.x) / J.z)};
  derived.drag_across_per_s = params.drag_across_n_s_m * derived.inverse_mass;
  derived.drag_excess_per_s =
      (params.drag_along_n_s_m - params.drag_across_n_s_m) * derived.inverse_mass;
  derived.lag_up = closed_share(step_s, params.rotor_lag_up_s);
  derived.lag_down = closed_share(step_s, params.rotor_lag_down_s);
  derived.dead_time_steps = rounded(T(params.rotor_dead_time_s / splat<T>(step_s)));
  derived.link_steps = rounded(T(params.link_delay_s / splat<T>(step_s)));
  derived.spin_torque = spin_torque_of(params);
  derived.ground_m2 =
      params.ground_effect * params.rotor_radius_m * params.rotor_radius_m * (1.0f / 16.0f);
  const T time_s = max_of(params.gust_time_s, splat<T>(kControlStepS));
  derived.gust_keep = exp_of(T(-kControlStepS / time_s));
  derived.gust_kick = params.gust_m_s * sqrt_of(T(1.0f - derived.gust_keep * derived.gust_keep));
  derived.hover_n = params.mass_kg * kGravity / params.thrust_gain;
  return derived;
}

}  // namespace sim_core::SIM_CORE_ISA
