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

/// Where in an episode's length something begins that is staggered.
inline std::int32_t drawn_age(const Work& work, std::uint32_t number) {
  const Draw<float> bits = draw(Counter<float>{work.seed, number, 0}, Purpose::kReference, 1);
  return truncate(uniform<float>(bits.a) * static_cast<float>(work.settings->max_steps));
}

/// Drones of a world begin together and come to the end of their time together, again and again: whoever
/// began anew among others under way would stand in somebody's way.
struct WorldTime {
  std::uint32_t round;  ///< how often they have
  std::int32_t age;     ///< control steps since the last time
};

inline WorldTime time_of_world(const Work& work, std::uint32_t number) {
  const std::uint32_t first = number & ~static_cast<std::uint32_t>(work.company.world_size - 1);
  const std::int32_t ahead = work.staggered ? drawn_age(work, first) : 0;
  const std::uint32_t steps = work.tick + static_cast<std::uint32_t>(ahead);
  const auto length = static_cast<std::uint32_t>(work.settings->max_steps);
  return {steps / length, static_cast<std::int32_t>(steps % length)};
}

/// A new episode of drone `number`, whose `episode` says the how many-th; which then counts on.
template <class Task>
inline void begin_episode(Flyer<float, typename Task::Action>& flyer,
                          typename Task::template Memory<float>& memory, std::uint32_t number,
                          const Work& work) {
  const Counter<float> at{work.seed, number, flyer.episode};
  const WorldTime time = Task::kInWorlds ? time_of_world(work, number) : WorldTime{};
  flyer.drone.body =
      Task::begin(memory, {at, work.world, *work.settings, number, work.tick, time.round});
  draw_parameters(flyer, at, work.settings->box);
  const auto hover = hover_of(flyer, work.settings->limits, typename Task::Action{});
  settle_drone(flyer.drone, flyer.params, hover);
  settle_link(flyer.link, hover);
  settle_past(flyer.past, pose_of(flyer.drone.body));
  start_history(flyer.history, hover);
  float normals[kNormals];
  draw_normals(at, Purpose::kWind, normals);
  start_gusts(flyer.gusts, flyer.params, normals);
  flyer.age = Task::in_company(memory) ? time.age : 0;
  flyer.episode += 1;
}

}  // namespace sim_core::SIM_CORE_ISA
