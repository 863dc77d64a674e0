// SPDX-License-Identifier: Apache-2.0
/// What the wake of one drone does to another below it.
#pragma once

#include "sim_core/params.hpp"

namespace sim_core::SIM_CORE_ISA {

constexpr float kNewtonPerGramForce = 9.81e-3f;
constexpr float kNearestDownwashM = 0.1f;  ///< the recordings begin here

/// Vertical force [N] on a drone at `below` [m; W] from the one whose wake it is in: never upward.
///
/// Fit to recordings of two Crazyflies 2.1 one above the other, dz below and lat aside, for
/// 0.1 < dz < 1.2 (docs/physics.md): -12.05 / (dz + 0.828)^2 exp(-lat^2 / (2 (0.029 + 0.078 dz)^2)) g.
/// From there to the same height it fades out linearly, and further down it goes on. # guess
template <class T>
inline T downwash_n(const Vec3<T>& below) {
  const T dz = max_of(T(-below.z), T{});
  const T near = max_of(dz, splat<T>(kNearestDownwashM));
  const T width = madd(near, 0.078f, 0.029f);
  const T lat2 = madd(below.x, below.x, T(below.y * below.y));
  const T exponent = max_of(T(lat2 * -0.5f / (width * width)), splat<T>(-60.0));
  const T reach = near + 0.828f;
  const T fade = min_of(T(dz * (1.0f / kNearestDownwashM)), splat<T>(1.0));
  return exp_of(exponent) * fade * (-12.05f * kNewtonPerGramForce) / (reach * reach);
}

}  // namespace sim_core::SIM_CORE_ISA
