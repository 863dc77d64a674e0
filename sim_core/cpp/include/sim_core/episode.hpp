// SPDX-License-Identifier: Apache-2.0
/// The begin of an episode: a drone, a path and a start, drawn for one drone at a time. Few lanes of
/// a register end in the same step.
#pragma once

#include "sim_core/flyer.hpp"
#include "sim_core/kernel.hpp"

namespace sim_core::SIM_CORE_ISA {

inline void draw_parameters(Flyer<float>& flyer, const Counter<float>& at,
                            const ParameterBox& box) {
  float values[kParameterCount];
  std::memcpy(values, box.low, sizeof values);
  for (int i = 0; i < kParameterCount; i += 4) {
    bool free = false;
    for (int k = i; k < i + 4 && k < kParameterCount; ++k) free |= box.low[k] != box.high[k];
    if (!free) continue;
    const Draw<float> bits = draw(at, Purpose::kParameters, static_cast<std::uint32_t>(i));
    const std::uint32_t words[4] = {bits.a, bits.b, bits.c, bits.d};
    for (int k = i; k < i + 4 && k < kParameterCount; ++k) {
      values[k] = uniform<float>(words[k - i]) * (box.high[k] - box.low[k]) + box.low[k];
    }
  }
  std::memcpy(&flyer.params, values, sizeof values);
  flyer.derived = derive(flyer.params, kPhysicsStepS);
}

inline void draw_place(Flyer<float>& flyer, const Counter<float>& at, const Work& work) {
  const Draw<float> bits = draw(at, Purpose::kReference, 0);
  const ReferenceTable& table = work.references;
  const int needed = work.settings->episode.max_steps + kPreviewPoints * kPreviewStride;
  int path = static_cast<int>(uniform<float>(bits.a) * static_cast<float>(table.count));
  path = path < table.count ? path : table.count - 1;
  const std::int32_t first = table.first[path], last = table.last[path];
  const std::int32_t spare = last - first - needed > 0 ? last - first - needed : 0;
  const float offset = uniform<float>(bits.b) * static_cast<float>(spare);
  flyer.place = {first, last, first + static_cast<std::int32_t>(offset), table.ahead[path]};
}

/// Uniform in (-half_width, half_width).
inline float spread(std::uint32_t bits, float half_width) {
  return (uniform<float>(bits) * 2.0f - 1.0f) * half_width;
}

inline Quat<float> draw_attitude(const Draw<float>& p, const Draw<float>& v, const Draw<float>& w,
                                 const Goal<float>& goal, const StartRanges& range) {
  // Tilt about a horizontal axis of any direction, on top of the yaw.
  const SinCos<float> axis = sin_cos_of_turns(uniform<float>(p.d));
  const SinCos<float> half = sin_cos_of(uniform<float>(v.d) * (0.5f * range.tilt_rad));
  const Quat<float> tilt = {axis.cos * half.sin, axis.sin * half.sin, 0.0f, half.cos};
  const SinCos<float> turn = sin_cos_of(spread(w.d, 0.5f * range.yaw_rad));
  // Half the goal's yaw from its cosine and sine; near +-pi either half will do.
  const float half_cos = sqrt_of(max_of(0.5f + 0.5f * goal.cos_yaw, 0.0f));
  const float half_sin =
      (goal.sin_yaw < 0.0f ? -1.0f : 1.0f) * sqrt_of(max_of(0.5f - 0.5f * goal.cos_yaw, 0.0f));
  const Quat<float> heading = {0.0f, 0.0f, half_sin, half_cos};
  const Quat<float> offset = {0.0f, 0.0f, turn.sin, turn.cos};
  return normalized(heading * (offset * tilt));
}

inline BodyState<float> draw_start(const Counter<float>& at, const Goal<float>& goal,
                                   const StartRanges& range) {
  const Draw<float> p = draw(at, Purpose::kStart, 0), v = draw(at, Purpose::kStart, 1);
  const Draw<float> w = draw(at, Purpose::kStart, 2);
  const auto about = [](const Vec3<float>& middle, const Draw<float>& bits, float half_width) {
    return middle + Vec3<float>{spread(bits.a, half_width), spread(bits.b, half_width),
                                spread(bits.c, half_width)};
  };
  BodyState<float> body{};
  body.p_WB = about(goal.p_WB, p, range.position_m);
  body.p_WB.z = max_of(body.p_WB.z, range.floor_m);
  body.v_WB = about(goal.v_WB, v, range.velocity_m_s);
  body.w_WB_B = about({0.0f, 0.0f, 0.0f}, w, range.body_rate_rad_s);
  body.q_WB = draw_attitude(p, v, w, goal, range);
  return body;
}

/// A new episode of drone `number`, whose `episode` says the how many-th; which then counts on.
inline void begin_episode(Flyer<float>& flyer, std::uint32_t number, const Work& work) {
  const Counter<float> at{work.seed, number, flyer.episode};
  draw_place(flyer, at, work);
  prefetch(work.references, spots_of(flyer.place));
  draw_parameters(flyer, at, work.settings->box);
  const Goal<float> goal = goal_at<float>(work.references.goals, flyer.place);
  flyer.drone.body = draw_start(at, goal, work.settings->start);
  const Command<float> hover = hover_command(flyer.derived, work.settings->limits);
  settle_drone(flyer.drone, flyer.params, hover);
  settle_link(flyer.link, hover);
  settle_past(flyer.past, pose_of(flyer.drone.body));
  start_memory(flyer.memory, hover);
  float normals[kNormals];
  draw_normals(at, Purpose::kWind, normals);
  start_gusts(flyer.gusts, flyer.params, normals);
  flyer.age = 0;
  flyer.episode += 1;
}

}  // namespace sim_core::SIM_CORE_ISA
