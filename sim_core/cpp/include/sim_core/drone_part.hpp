// SPDX-License-Identifier: Apache-2.0
/// What the policies of all tasks see of their own past, and their critics of the drone.
#pragma once

#include "sim_core/action.hpp"
#include "sim_core/drone.hpp"
#include "sim_core/layout.hpp"

namespace sim_core::SIM_CORE_ISA {

/// What was sent last. Commands over a radio: the newest first. Commands of motors: the newest, and
/// behind it what rotors have made of all before, if their lag is `kRotorLagS`.
template <class T, class A = RateThrust>
struct History {
  typename A::template Sent<T> past[kHistoryLength];
};
constexpr int kHistorySize = 4 * kHistoryLength;

template <class T, class A>
inline void start_history(History<T, A>& history, const typename A::template Sent<T>& command) {
  for (auto& past : history.past) past = command;
}

template <class T>
inline void remember(History<T>& history, const Command<T>& command) {
  for (int i = kHistoryLength - 1; i > 0; --i) history.past[i] = history.past[i - 1];
  history.past[0] = command;
}

/// Between rising and falling: 44 and 76 ms in recordings of brushed drones.
constexpr float kRotorLagS = 0.06f;

template <class T>
inline void remember(History<T, Motors>& history, const MotorCommand<T>& command) {
  static_assert(kHistoryLength == 2);
  for (int i = 0; i < 4; ++i) {
    T& rotor = history.past[1].share[i];
    rotor = madd(T(command.share[i] - rotor), kPhysicsStepS / kRotorLagS, rotor);
  }
  history.past[0] = command;
}

/// Writes numbers one after the other.
template <class T>
struct Pen {
  T* next;
  void put(const T& number) { *next++ = number; }
  void put(const Vec3<T>& v) {
    put(v.x);
    put(v.y);
    put(v.z);
  }
  void put(const Rotation<T>& R) { put(R.row_x, R.row_y, R.row_z); }
  void put(const Command<T>& command) {
    put(command.thrust_n);
    put(command.w_B);
  }
  void put(const MotorCommand<T>& command) {
    for (const T& share : command.share) put(share);
  }
  template <class A>
  void put(const History<T, A>& history) {
    for (const auto& past : history.past) put(past);
  }
  template <class First, class Second, class... More>
  void put(const First& first, const Second& second, const More&... more) {
    put(first);
    put(second, more...);
  }
};

/// The critic's view of a drone; order of kDroneFields.
template <class T>
inline void drone_part(const Drone<T>& drone, const Params<T>& params, T out[kDroneSize]) {
  Pen<T> pen{out};
  pen.put(drone.body.w_WB_B);
  for (const T& thrust : drone.body.thrust_n) pen.put(thrust);
  pen.put(drone.rate_loop.integral_deg);
  pen.put(drone.battery.motor_limit_n);
  pen.put(params.mass_kg);
  pen.put(params.thrust_gain);
  pen.put(params.trim_torque_n_m);
  pen.put(params.rotor_lag_up_s);
  pen.put(params.rotor_lag_down_s);
  pen.put(params.rotor_dead_time_s);
  pen.put(params.link_delay_s);
  pen.put(params.attitude_bias_x_rad);
  pen.put(params.attitude_bias_y_rad);
}

}  // namespace sim_core::SIM_CORE_ISA
