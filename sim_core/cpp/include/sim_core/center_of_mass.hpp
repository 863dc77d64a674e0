// SPDX-License-Identifier: Apache-2.0
/// A centre of mass that is not in the middle of the rotors: the collective thrust gets a lever.
#pragma once

#include "sim_core/params.hpp"

namespace sim_core::SIM_CORE_ISA {

/// Lever about B's x and y [m].
template <class T>
struct Offset {
  T x, y;
};

/// The rotors' middle sits at -c from the centre of mass, and thrust T points along z: the torque is
/// -c x T z = T (-c_y, c_x, 0). A centre of mass ahead of the middle turns the nose down. An offset
/// along z gives thrust no lever, and drag acts at the centre of mass: airframe.py refuses one.
template <class T>
inline Offset<T> center_of_mass_lever(const Params<T>& params) {
  return {T(-params.center_of_mass_y_m), params.center_of_mass_x_m};
}

}  // namespace sim_core::SIM_CORE_ISA
