// SPDX-License-Identifier: Apache-2.0
/// A cell with a state of charge, an open-circuit curve and a resistance: what a motor can pull.
#pragma once

#include "sim_core/params.hpp"
#include "sim_core/state.hpp"

namespace sim_core::SIM_CORE_ISA {

template <class T>
struct Battery {
  T charge;         ///< 0 to 1
  T volts;          ///< under the present load
  T motor_limit_n;  ///< thrust per motor at which its volts reach the battery's
};

template <class T>
inline T cubic(const T* coefficients, const T& x) {
  return madd(madd(madd(coefficients[3], x, coefficients[2]), x, coefficients[1]), x,
              coefficients[0]);
}

/// Draws the rotors' current for `duration_s` and finds the thrust that the sagging volts allow.
/// Power goes with thrust^1.5 (momentum theory), hence the current does, volts being nearly level; here
/// to 5 millionths.
template <class T>
inline void step_battery(Battery<T>& battery, const Params<T>& params, const T thrust_n[4],
                         float duration_s) {
  T load = T{};
  for (int i = 0; i < 4; ++i) {
    load = madd(T(thrust_n[i] * thrust_n[i]), inverse_root_of(thrust_n[i]), load);
  }
  const T current_a = params.battery_current_a_per_n15 * load;
  battery.charge =
      max_of(nmadd(current_a, T(duration_s / params.battery_capacity_c), battery.charge), T{});
  battery.volts =
      nmadd(current_a, params.battery_resistance_ohm, cubic(params.battery_volts, battery.charge));
  // The fit of thrust over volts holds between 1 and 4.2 V (bench data); it rises all the way.
  const T volts = clamp(battery.volts, splat<T>(1.0), splat<T>(4.2));
  battery.motor_limit_n = max_of(cubic(params.motor_volts_to_n, volts), T{});
}

}  // namespace sim_core::SIM_CORE_ISA
