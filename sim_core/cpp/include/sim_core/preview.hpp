// SPDX-License-Identifier: Apache-2.0
/// The stretch of a reference that a tracking policy sees, relative to its drone.
#pragma once

#include "sim_core/reference.hpp"

namespace sim_core::SIM_CORE_ISA {

/// Points of a preview, as many as fit a register; narrow machines take one in four lanes.
constexpr int kTripleLanes = kLanes > 4 ? kLanes : 4;
constexpr int kPointsAtOnce = kTripleLanes / 3;
typedef float Triples __attribute__((vector_size(4 * kTripleLanes)));
typedef std::int32_t TripleOrder __attribute__((vector_size(4 * kTripleLanes)));

inline Triples shuffled(const Triples& values, const TripleOrder& order) {
#if defined(__clang__)
  Triples out;
  for (int i = 0; i < kTripleLanes; ++i) out[i] = values[order[i]];
  return out;
#else
  return __builtin_shuffle(values, order);
#endif
}

/// What turns a point of W into one as the drone sees it: position of the drone, and of the heading
/// frame cosine, sine, minus sine, 0 and 1.
constexpr int kViewSize = 8;

/// A goal farther away than this [m] looks this far away, in its direction: what no drone of training
/// has seen no policy is asked about. Source: a corner of the box that track.toml starts drones in is
/// 1.7 m away.
constexpr float kFarthestM = 2.0f;

/// Where a drone would be that saw the goal in the same direction, but not farther than `kFarthestM`.
/// Unlike `drawn_near` of gates and slots, it leaves what is nearer as it is: tracking lives there.
template <class T>
inline Vec3<T> within_reach(const Vec3<T>& p_WB, const Vec3<T>& goal) {
  const Vec3<T> away = p_WB - goal;
  const T share = min_of(T(inverse_root_of(T(dot(away, away))) * kFarthestM), splat<T>(1.0));
  return madd(away, share, goal);
}

template <class T>
inline void view_of(const Vec3<T>& p_seen, const Goal<T>& goal, T view[kViewSize]) {
  const Vec3<T> p_WB = within_reach(p_seen, goal.p_WB);
  const T numbers[kViewSize] = {p_WB.x,       p_WB.y,           p_WB.z, goal.cos_yaw,
                                goal.sin_yaw, T(-goal.sin_yaw), T{},    splat<T>(1.0)};
  for (int i = 0; i < kViewSize; ++i) view[i] = numbers[i];
}

/// Turns views that hold one drone a lane into rows.
inline void store_views(const float view[kViewSize], float* rows) {
  std::memcpy(rows, view, kViewSize * sizeof(float));
}
#if SIM_CORE_LANES > 1
inline void store_views(Wide view[kViewSize], float* rows) {
  lanes_to_rows<kViewSize>(view);
  std::memcpy(rows, view, kViewSize * sizeof(Wide));
}
#endif

/// Repeats three entries of a view, by number, over all points.
template <int X, int Y, int Z>
inline Triples repeat(const float view[kViewSize]) {
  constexpr int kOrder[3] = {X, Y, Z};
#if SIM_CORE_LANES == 16
  const Triples values = _mm512_castps256_ps512(_mm256_loadu_ps(view));
#elif SIM_CORE_LANES == 8
  Triples values;
  std::memcpy(&values, view, sizeof values);
#endif
#if SIM_CORE_LANES >= 8
  TripleOrder order{};
  for (int i = 0; i < kTripleLanes; ++i) order[i] = kOrder[i % 3];
  return shuffled(values, order);
#else
  return Triples{view[kOrder[0]], view[kOrder[1]], view[kOrder[2]], 0.0f};
#endif
}

inline Triples swap_xy(const Triples& points) {
  TripleOrder order{};
  for (int i = 0; i < kTripleLanes; ++i) {
    const int other = i % 3 == 0 ? i + 1 : (i % 3 == 1 ? i - 1 : i);
    order[i] = other < kTripleLanes ? other : i;
  }
  return shuffled(points, order);
}

inline Triples points_at(const float* from) {
  Triples points;
  std::memcpy(&points, from, sizeof points);
  return points;
}

/// Writes the points that `read` gives, some at a time by the first one's number, as a view has them.
template <class Read>
inline void write_points(const Read& read, const float view[kViewSize], float* out) {
  static_assert(kPreviewPoints % kPointsAtOnce == 0);
  const Triples p = repeat<0, 1, 2>(view);
  const Triples straight = repeat<3, 3, 7>(view), crossed = repeat<4, 5, 6>(view);
  for (int k = 0; k < kPreviewPoints; k += kPointsAtOnce) {
    const Triples r = read(3 * k) - p;
    const Triples r_H = madd(r, straight, Triples(swap_xy(r) * crossed));
    std::memcpy(out + 3 * k, &r_H, sizeof r_H);
  }
}

/// The reference now and ahead, relative to the drone, in H: `out` takes kPreviewSize numbers and up
/// to two more, which whoever writes the rest of the observation then overwrites. `now`: the points, as
/// `Spots` say.
inline void write_preview(const float* now, const float view[kViewSize], float* out) {
  write_points([now](int first) { return points_at(now + first); }, view, out);
}

/// The same `share` of the way from the points `now` to those of the next row.
inline void write_preview(const float* now, const float* next, float share,
                          const float view[kViewSize], float* out) {
  const auto between = [=](int first) {
    const Triples from = points_at(now + first);
    return madd(Triples(points_at(next + first) - from), Triples{} + share, from);
  };
  write_points(between, view, out);
}

}  // namespace sim_core::SIM_CORE_ISA
