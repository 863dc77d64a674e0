// SPDX-License-Identifier: Apache-2.0
/// The torque that a rotor's own acceleration takes from the body: yaw answers to it at once, long
/// before drag on the blades has changed.
#pragma once

#include "sim_core/params.hpp"

namespace sim_core::SIM_CORE_ISA {

/// Below this share of the highest thrust a rotor counts as turning at that speed: the speed's slope
/// over the thrust has no bound at rest. Source: guess; a tenth of the firmware's THRUST_MIN.
constexpr float kSlowestShare = 0.01f;

/// Yaw torque of each rotor over the rate of its thrust [N m s/N], signs included: a body turns
/// against a rotor that speeds up, so M1 and M3, counter-clockwise, push it clockwise.
template <class T>
struct SpinTorque {
  T per_n_s[4];
};

template <class T>
inline SpinTorque<T> spin_torque_at(const Params<T>& params, const Derived<T>& derived,
                                    const T thrust_n[4]) {
  const T least_n = params.thrust_max_n * kSlowestShare;
  SpinTorque<T> spin;
  for (int i = 0; i < 4; ++i) {
    const T slope = derived.spin_torque * inverse_root_of(max_of(thrust_n[i], least_n));
    spin.per_n_s[i] = i % 2 == 0 ? T(-slope) : slope;
  }
  return spin;
}

}  // namespace sim_core::SIM_CORE_ISA
