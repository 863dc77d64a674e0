// SPDX-License-Identifier: Apache-2.0
/// Thrust near the floor.
#pragma once

#include "sim_core/params.hpp"

namespace sim_core::SIM_CORE_ISA {

/// The share of the thrust that the floor may add is bounded here: the formula has a pole below.
/// Source: guess; recordings of small quadrotors show at most some 40 % at the floor.
constexpr float kMostGroundShare = 0.3f;

/// Rotors above the feet on which a drone stands at z = 0. Source: guess.
constexpr float kRotorHeightM = 0.025f;

/// Thrust over thrust far from the floor, at the same rotor speed: 1 / (1 - c (R / 4 z)^2) with the
/// rotors at z. With c = 1 a single rotor (I. Cheeseman, W. Bennett, "The effect of the ground on a
/// helicopter rotor in forward flight", ARC R&M 3021, 1955); four and the body between feel more.
template <class T>
inline T ground_gain(const Derived<T>& derived, const T& height_m) {
  const T height = max_of(T(height_m + kRotorHeightM), splat<T>(1e-3));
  const T square = max_of(T(height * height), T(derived.ground_m2 * (1.0f / kMostGroundShare)));
  return square / (square - derived.ground_m2);
}

}  // namespace sim_core::SIM_CORE_ISA
