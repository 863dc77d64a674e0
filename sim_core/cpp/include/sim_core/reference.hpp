// SPDX-License-Identifier: Apache-2.0
/// References: paths sampled once per control step, rows of x, y, z [m, W] and yaw [rad], prepared by
/// path_table.hpp.
#pragma once

#include "sim_core/elementary.hpp"
#include "sim_core/path_table.hpp"
#include "sim_core/rows.hpp"
#include "sim_core/settings.hpp"
#include "sim_core/vec_math.hpp"

namespace sim_core::SIM_CORE_ISA {

/// How far a preview looks ahead [s].
constexpr float kPreviewS = kControlStepS * kPreviewStride * (kPreviewPoints - 1);

/// A drone's place on its path. Rows beyond the end hold the last one.
template <class T>
struct Place {
  Int<T> first, last;  ///< rows of the path within the table of all paths
  Int<T> row;          ///< the present one
  Int<T> ahead;        ///< where the path's points for previews begin
};

/// Where a drone should be now.
template <class T>
struct Goal {
  Vec3<T> p_WB;  ///< m
  Vec3<T> v_WB;  ///< m/s
  T cos_yaw, sin_yaw;
};

template <class I>
inline I clamp_row(const I& row, const I& first, const I& last) {
  const I low = select(row < first, first, row);
  return select(low > last, last, low);
}

/// Where in the tables the present row and its preview stand, one entry a drone.
template <int Count>
struct Spots {
  std::int32_t goal[Count], points[Count];
};

/// Whole fifths of x, for 0 <= x < 1e6.
template <class I, class T>
inline I preview_strides(const I& x) {
  return truncate(T((to_number(x) + 0.5f) * (1.0f / kPreviewStride)));
}

template <class T>
inline Spots<Traits<T>::lanes> spots_of(const Place<T>& place) {
  const Int<T> row = clamp_row<Int<T>>(place.row, place.first, Int<T>(place.last + 1));
  const Int<T> last = place.last - place.first;
  const Int<T> since = clamp_row<Int<T>>(Int<T>(row - place.first), Int<T>{}, last);
  const Int<T> stride = preview_strides<Int<T>, T>(since);
  const Int<T> stretch = preview_strides<Int<T>, T>(last) + kPreviewPoints;
  const Int<T> points = place.ahead + ((since - stride * kPreviewStride) * stretch + stride) * 3;
  const Int<T> goal = row * kGoalSize;
  Spots<Traits<T>::lanes> spots;
  std::memcpy(spots.goal, &goal, sizeof goal);
  std::memcpy(spots.points, &points, sizeof points);
  return spots;
}

/// Asks for what a preview will read, and, from further away, for what it and `goal_at` read next
/// some steps from now: the paths of many drones are longer than a cache is large.
template <int Count>
inline void prefetch(const ReferenceTable& table, const Spots<Count>& spots) {
  constexpr int kLine = 16, kNear = 3, kFar = 2;
  for (int i = 0; i < Count; ++i) {
    const float* points = table.points + spots.points[i];
    for (int k = 0; k < kPreviewSize; k += 14) __builtin_prefetch(points + k, 0, kNear);
    __builtin_prefetch(points + kPreviewSize - 1 + kLine, 0, kFar);
    __builtin_prefetch(table.goals + spots.goal[i] + kLine, 0, kFar);
  }
}

inline void read_goals(const float* table, const std::int32_t* spot, float values[kGoalSize]) {
  std::memcpy(values, table + *spot, kGoalSize * sizeof(float));
}
#if SIM_CORE_LANES > 1
inline void read_goals(const float* table, const std::int32_t* spots, Wide values[kGoalSize]) {
  static_assert(kGoalSize == 8);
  gather_rows8(table, spots, values);
}
#endif

/// Where a preview ends, kPreviewS from now.
template <class T>
inline Vec3<T> last_ahead(const ReferenceTable& table, const Spots<Traits<T>::lanes>& spots) {
  Vec3<T> p{};
  for (int i = 0; i < Traits<T>::lanes; ++i) {
    const float* last = table.points + spots.points[i] + kPreviewSize - 3;
    set_lane(p.x, i, last[0]), set_lane(p.y, i, last[1]), set_lane(p.z, i, last[2]);
  }
  return p;
}

/// The reference at the present row; its velocity by central differences, zero beyond the end.
template <class T>
inline Goal<T> goal_at(const float* table, const Spots<Traits<T>::lanes>& spots) {
  T v[kGoalSize];
  read_goals(table, spots.goal, v);
  return {{v[0], v[1], v[2]}, {v[3], v[4], v[5]}, v[6], v[7]};
}

template <class T>
inline Goal<T> goal_at(const float* table, const Place<T>& place) {
  return goal_at<T>(table, spots_of(place));
}

/// Turns a vector of W into the heading frame H of the goal.
template <class T>
inline Vec3<T> to_heading(const Goal<T>& goal, const Vec3<T>& v_W) {
  return turned(v_W, goal.cos_yaw, goal.sin_yaw);
}

}  // namespace sim_core::SIM_CORE_ISA
