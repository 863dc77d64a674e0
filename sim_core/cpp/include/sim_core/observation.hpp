// SPDX-License-Identifier: Apache-2.0
/// How a state becomes what a tracking policy sees: the one text for training, flight and export.
/// Order and units: kTrackFields. The same for q and -q, since only the rotation matrix enters.
#pragma once

#include "sim_core/layout.hpp"
#include "sim_core/reference.hpp"
#include "sim_core/sensors.hpp"

namespace sim_core::SIM_CORE_ISA {

/// Time constant [s] and bound [m s] of the leaky integral of the position error.
/// Source: guess; long beside a manoeuvre, short beside a flight.
constexpr float kIntegralLeakS = 2.0f;
constexpr float kIntegralLimit = 0.25f;

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

/// What a policy remembers between steps.
template <class T>
struct TrackMemory {
  Vec3<T> integral_H;               ///< m s
  Command<T> past[kHistoryLength];  ///< newest first
};

template <class T>
inline void start_memory(TrackMemory<T>& memory, const Command<T>& command) {
  memory.integral_H = {T{}, T{}, T{}};
  for (Command<T>& past : memory.past) past = command;
}

template <class T>
inline void remember(TrackMemory<T>& memory, const Command<T>& command) {
  for (int i = kHistoryLength - 1; i > 0; --i) memory.past[i] = memory.past[i - 1];
  memory.past[0] = command;
}

template <class T>
inline void integrate_error(TrackMemory<T>& memory, const Goal<T>& goal,
                            const Estimate<T>& estimate) {
  const Vec3<T> error = to_heading(goal, goal.p_WB - estimate.p_WB);
  const Vec3<T> next = memory.integral_H * splat<T>(1.0 - kControlStepS / kIntegralLeakS) +
                       error * splat<T>(kControlStepS);
  memory.integral_H = clamp3(next, splat<T>(-kIntegralLimit), splat<T>(kIntegralLimit));
}

/// The reference now and ahead, relative to the drone, in H: `out` takes kPreviewSize numbers and up
/// to two more, which the body part then overwrites. `now`: the points, as `Spots` say.
inline void write_preview(const float* now, const float p_WB[3], float cos_yaw, float sin_yaw,
                          float* out) {
  static_assert(kBodyPartSize >= 2 && kPreviewPoints % kPointsAtOnce == 0);
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

/// Everything of the observation behind the preview.
template <class T>
inline void body_part(const Goal<T>& goal, const Estimate<T>& estimate,
                      const TrackMemory<T>& memory, T out[kBodyPartSize]) {
  const Vec3<T> v_H = to_heading(goal, estimate.v_WB);
  const Rotation<T> R_WB = rotation_of(estimate.q_WB);
  const Vec3<T> x_H = R_WB.row_x * goal.cos_yaw + R_WB.row_y * goal.sin_yaw;
  const Vec3<T> y_H = R_WB.row_y * goal.cos_yaw - R_WB.row_x * goal.sin_yaw;
  int i = 0;
  const auto put = [&](const Vec3<T>& v) {
    out[i++] = v.x;
    out[i++] = v.y;
    out[i++] = v.z;
  };
  put(v_H);
  put(x_H);
  put(y_H);
  put(R_WB.row_z);
  put(estimate.w_WB_B);
  put(memory.integral_H);
  for (const Command<T>& past : memory.past) {
    out[i++] = past.thrust_n;
    out[i++] = past.w_B.x;
    out[i++] = past.w_B.y;
    out[i++] = past.w_B.z;
  }
}

/// What the critic sees beside it; order of kPrivilegedFields.
template <class T>
inline void privileged_part(const Goal<T>& goal, const BodyState<T>& body,
                            const Vec3<T>& rate_integral_deg, const T& motor_limit_n,
                            const Params<T>& params, T out[kPrivilegedSize]) {
  int i = 0;
  const auto put = [&](const Vec3<T>& v) {
    out[i++] = v.x;
    out[i++] = v.y;
    out[i++] = v.z;
  };
  put(to_heading(goal, goal.p_WB - body.p_WB));
  put(to_heading(goal, goal.v_WB - body.v_WB));
  put(body.w_WB_B);
  for (const T& thrust : body.thrust_n) out[i++] = thrust;
  put(rate_integral_deg);
  out[i++] = motor_limit_n;
  out[i++] = params.mass_kg;
  out[i++] = params.thrust_gain;
  put(params.trim_torque_n_m);
  out[i++] = params.rotor_lag_up_s;
  out[i++] = params.rotor_lag_down_s;
  out[i++] = params.rotor_dead_time_s;
  out[i++] = params.link_delay_s;
  out[i++] = params.attitude_bias_x_rad;
  out[i++] = params.attitude_bias_y_rad;
}

}  // namespace sim_core::SIM_CORE_ISA
