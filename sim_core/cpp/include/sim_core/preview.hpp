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

/// Repeats three entries of `values`, by number, over all points.
template <int X, int Y, int Z>
inline Triples repeat(const Triples& values) {
  constexpr int kOrder[3] = {X, Y, Z};
  TripleOrder order{};
  for (int i = 0; i < kTripleLanes; ++i) order[i] = kOrder[i % 3];
  return shuffled(values, order);
}

inline Triples swap_xy(const Triples& points) {
  TripleOrder order{};
  for (int i = 0; i < kTripleLanes; ++i) {
    const int other = i % 3 == 0 ? i + 1 : (i % 3 == 1 ? i - 1 : i);
    order[i] = other < kTripleLanes ? other : i;
  }
  return shuffled(points, order);
}

/// The reference now and ahead, relative to the drone, in H: `out` takes kPreviewSize numbers and up
/// to two more, which whoever writes the rest of the observation then overwrites. `now`: the points, as `Spots` say.
inline void write_preview(const float* now, const float p_WB[3], float cos_yaw, float sin_yaw,
                          float* out) {
  static_assert(kPreviewPoints % kPointsAtOnce == 0);
  const Triples here = {p_WB[0], p_WB[1], p_WB[2], 0.0f}, turn = {cos_yaw, sin_yaw, -sin_yaw, 1.0f};
  const Triples p = repeat<0, 1, 2>(here), straight = repeat<0, 0, 3>(turn);
  const Triples crossed = repeat<1, 2, 3>(turn) * repeat<0, 0, 1>(Triples{1.0f, 0.0f});
  for (int k = 0; k < kPreviewPoints; k += kPointsAtOnce) {
    Triples r;
    std::memcpy(&r, now + 3 * k, sizeof r);
    r -= p;
    const Triples r_H = r * straight + swap_xy(r) * crossed;
    std::memcpy(out + 3 * k, &r_H, sizeof r_H);
  }
}

}  // namespace sim_core::SIM_CORE_ISA
