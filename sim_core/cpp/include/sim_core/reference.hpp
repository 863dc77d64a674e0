// SPDX-License-Identifier: Apache-2.0
/// References: paths sampled once per control step, rows of x, y, z [m, W] and yaw [rad].
#pragma once

#include "sim_core/elementary.hpp"
#include "sim_core/layout.hpp"
#include "sim_core/settings.hpp"
#include "sim_core/vec_math.hpp"

namespace sim_core::SIM_CORE_ISA {

/// A drone's place on its path. Rows beyond the end hold the last one.
template <class T>
struct Place {
  Int<T> first, last;  ///< rows of the path within the table of all paths
  Int<T> row;          ///< the present one
};

/// Where a drone should be now.
template <class T>
struct Goal {
  Vec3<T> p_WB;  ///< m
  Vec3<T> v_WB;  ///< m/s
  T cos_yaw, sin_yaw;
};

inline std::int32_t clamp_row(std::int32_t row, std::int32_t first, std::int32_t last) {
  return row < first ? first : (row > last ? last : row);
}

/// The reference at the present row; its velocity by central differences, zero beyond the end.
template <class T>
inline Goal<T> goal_at(const float* table, const Place<T>& place) {
  constexpr int kCount = Traits<T>::lanes;
  constexpr float kRate[3] = {0.0f, 1.0f / kControlStepS, 0.5f / kControlStepS};
  float columns[7][kCount];
  for (int i = 0; i < kCount; ++i) {
    const std::int32_t first = lane(place.first, i), last = lane(place.last, i);
    const std::int32_t wanted = lane(place.row, i);
    const std::int32_t row = clamp_row(wanted, first, last);
    const std::int32_t before = clamp_row(wanted - 1, first, last);
    const std::int32_t after = clamp_row(wanted + 1, first, last);
    const float rate = kRate[after - before];
    for (int k = 0; k < 4; ++k) columns[k][i] = table[4 * row + k];
    for (int k = 0; k < 3; ++k) {
      columns[4 + k][i] = (table[4 * after + k] - table[4 * before + k]) * rate;
    }
  }
  T values[7];
  std::memcpy(values, columns, sizeof values);
  const SinCos<T> turn = sin_cos_of(values[3]);
  return {{values[0], values[1], values[2]}, {values[4], values[5], values[6]}, turn.cos, turn.sin};
}

/// Turns a vector of W into the heading frame H of the goal.
template <class T>
inline Vec3<T> to_heading(const Goal<T>& goal, const Vec3<T>& v_W) {
  return {T(goal.cos_yaw * v_W.x + goal.sin_yaw * v_W.y),
          T(goal.cos_yaw * v_W.y - goal.sin_yaw * v_W.x), v_W.z};
}

}  // namespace sim_core::SIM_CORE_ISA
