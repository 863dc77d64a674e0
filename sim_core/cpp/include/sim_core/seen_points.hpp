// SPDX-License-Identifier: Apache-2.0
/// How a policy is shown points around its drone.
#pragma once

#include "sim_core/vec_math.hpp"

namespace sim_core::SIM_CORE_ISA {

/// Distances are told in full near by and drawn nearer from afar: p / (1 + |p| / this).
constexpr float kDrawnNearM = 4.0f;  // guess: gates stand 1 to 8 m apart

template <class T>
inline Vec3<T> drawn_near(const Vec3<T>& p) {
  const T shrink = 1.0f / madd(norm(p), 1.0f / kDrawnNearM, 1.0f);
  return p * shrink;
}

template <class T>
inline Vec3<T> to_body(const Rotation<T>& R_WB, const Vec3<T>& v) {
  return madd(R_WB.row_x, v.x, madd(R_WB.row_y, v.y, R_WB.row_z * v.z));
}

}  // namespace sim_core::SIM_CORE_ISA
