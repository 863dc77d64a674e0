// SPDX-License-Identifier: Apache-2.0
/// An estimator that tells the state of some milliseconds ago.
#pragma once

#include <cstring>

#include "sim_core/action.hpp"
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
template <class T, class A = RateThrust>
struct Past {
  static_assert(A::kPastSlots > kMaxEstimateLagS / kStepS<A>);
  Pose<T> poses[A::kPastSlots];
};

template <class T, class A>
inline void settle_past(Past<T, A>& past, const Pose<T>& pose) {
  for (Pose<T>& slot : past.poses) slot = pose;
}

template <class T, class A>
inline void remember_pose(Past<T, A>& past, std::uint32_t tick, const Pose<T>& pose) {
  past.poses[tick % A::kPastSlots] = pose;
}

/// The state `estimate_lag_s` before control step `tick`, linear between the steps.
template <class T, class A>
inline Pose<T> lagged_pose(const Past<T, A>& past, const Params<T>& params, std::uint32_t tick) {
  constexpr int kNumbers = sizeof(Pose<T>) / sizeof(T);
  const T age = params.estimate_lag_s * (1.0f / kStepS<A>);
  const auto numbers_at = [&](int back) {
    return reinterpret_cast<const T*>(
        &past.poses[(tick - static_cast<std::uint32_t>(back)) % A::kPastSlots]);
  };
  T mixed[kNumbers];
  for (int i = 0; i < kNumbers; ++i) mixed[i] = numbers_at(0)[i];
  for (int back = 0; back + 1 < A::kPastSlots; ++back) {
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
