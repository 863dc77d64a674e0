// SPDX-License-Identifier: Apache-2.0
/// An estimator that tells the state of some milliseconds ago.
#pragma once

#include <cstring>

#include "sim_core/params.hpp"
#include "sim_core/state.hpp"

namespace sim_core::SIM_CORE_ISA {

/// Position, attitude, velocity, rates.
template <class T>
struct Pose {
  Vec3<T> p_WB;
  Quat<T> q_WB;
  Vec3<T> v_WB;
  Vec3<T> w_WB_B;
};

template <class T>
inline Pose<T> pose_of(const BodyState<T>& body) {
  return {body.p_WB, body.q_WB, body.v_WB, body.w_WB_B};
}

/// The last states, one every control step.
constexpr int kPastSlots = 4;
static_assert(kPastSlots > kMaxEstimateLagS / kControlStepS);

template <class T>
struct Past {
  Pose<T> poses[kPastSlots];
};

template <class T>
inline void settle_past(Past<T>& past, const Pose<T>& pose) {
  for (Pose<T>& slot : past.poses) slot = pose;
}

template <class T>
inline void remember_pose(Past<T>& past, std::uint32_t tick, const Pose<T>& pose) {
  past.poses[tick % kPastSlots] = pose;
}

/// The state `estimate_lag_s` before control step `tick`, linear between the steps.
template <class T>
inline Pose<T> lagged_pose(const Past<T>& past, const Params<T>& params, std::uint32_t tick) {
  constexpr int kNumbers = sizeof(Pose<T>) / sizeof(T);
  const T age = params.estimate_lag_s * (1.0f / kControlStepS);
  const auto numbers_at = [&](int back) {
    return reinterpret_cast<const T*>(
        &past.poses[(tick - static_cast<std::uint32_t>(back)) % kPastSlots]);
  };
  T mixed[kNumbers];
  for (int i = 0; i < kNumbers; ++i) mixed[i] = numbers_at(0)[i];
  for (int back = 0; back + 1 < kPastSlots; ++back) {
    const T share = age - static_cast<float>(back);
    const T *newer = numbers_at(back), *older = numbers_at(back + 1);
    for (int i = 0; i < kNumbers; ++i) {
      mixed[i] = select(share > T{}, madd(T(older[i] - newer[i]), share, newer[i]), mixed[i]);
    }
  }
  Pose<T> pose;
  std::memcpy(&pose, mixed, sizeof pose);
  pose.q_WB = normalized(pose.q_WB);
  return pose;
}

}  // namespace sim_core::SIM_CORE_ISA
