// SPDX-License-Identifier: Apache-2.0
/// What acts on a drone from outside, held for a control step: air, floor, field; and how its rotors'
/// speeds answer to their thrust there.
#pragma once

#include "sim_core/ground_effect.hpp"
#include "sim_core/rotor_spin.hpp"
#include "sim_core/state.hpp"
#include "sim_core/wind.hpp"

namespace sim_core::SIM_CORE_ISA {

template <class T>
struct Surroundings {
  Vec3<T> wind;   ///< m/s, in W
  T field;        ///< m/s^2, along W's z: gravity, and forces from outside over the mass
  T ground_gain;  ///< thrust over thrust far from the floor
  SpinTorque<T> spin;
};

template <class T>
inline Surroundings<T> surroundings_of(const BodyState<T>& body, const Params<T>& params,
                                       const Derived<T>& derived, const Gusts<T>& gusts) {
  return {params.wind_m_s + gusts.velocity, splat<T>(-kGravity), ground_gain(derived, body.p_WB.z),
          spin_torque_at(params, derived, body.thrust_n)};
}

/// Adds the wakes of others, `force_n` [N] along W's z, of which the drone feels its share.
template <class T>
inline void feel_wakes(Surroundings<T>& around, const Params<T>& params, const Derived<T>& derived,
                       const T& force_n) {
  around.field = madd(T(params.downwash * force_n), derived.inverse_mass, around.field);
}

}  // namespace sim_core::SIM_CORE_ISA
