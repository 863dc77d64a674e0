// SPDX-License-Identifier: Apache-2.0
/// The begin of an episode: a drone and a start, drawn for one drone at a time. Few lanes of a register
/// end in the same step.
#pragma once

#include "sim_core/task.hpp"

namespace sim_core::SIM_CORE_ISA {

template <class A>
inline void draw_parameters(Flyer<float, A>& flyer, const Counter<float>& at,
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

/// A new episode of drone `number`, whose `episode` says the how many-th; which then counts on.
template <class Task>
inline void begin_episode(Flyer<float, typename Task::Action>& flyer,
                          typename Task::template Memory<float>& memory, std::uint32_t number,
                          const Work& work) {
  const Counter<float> at{work.seed, number, flyer.episode};
  flyer.drone.body = Task::begin(memory, {at, work.world, *work.settings, number, work.tick});
  draw_parameters(flyer, at, work.settings->box);
  const auto hover = hover_of(flyer, work.settings->limits, typename Task::Action{});
  settle_drone(flyer.drone, flyer.params, hover);
  settle_link(flyer.link, hover);
  settle_past(flyer.past, pose_of(flyer.drone.body));
  start_history(flyer.history, hover);
  float normals[kNormals];
  draw_normals(at, Purpose::kWind, normals);
  start_gusts(flyer.gusts, flyer.params, normals);
  flyer.age = 0;
  flyer.episode += 1;
}

}  // namespace sim_core::SIM_CORE_ISA
