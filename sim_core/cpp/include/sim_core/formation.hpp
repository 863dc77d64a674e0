// SPDX-License-Identifier: Apache-2.0
/// A world's formation: slots on a circle, each at a height of its own, traded all at once.
#pragma once

#include "sim_core/mates.hpp"
#include "sim_core/task.hpp"

namespace sim_core::SIM_CORE_ISA {

/// See [formation] of an environment file.
struct Formation {
  std::int32_t drones;  ///< and slots; a power of two
  float radius_low_m, radius_high_m, height_m, rise_m;
  float trade_s;  ///< 0: never
};

constexpr float kLongSteps =
    1000.0f;  ///< a critic looks 10 s ahead at most: far beyond its horizon

/// A drone's place in it.
template <class T>
struct Post {
  Vec3<T> slot_W;       ///< m
  Int<T> slot;          ///< its number round the circle
  Int<T> steps_left;    ///< control steps until slots are traded
  Bits<T> trades;       ///< how often that has been in this run
  Bits<T> seed, drone;  ///< of the run; number of the drone
};

/// The slot of a drone after so many trades. Places of a world are dealt to its slots by an odd factor
/// and an offset, which is one to one since the count is a power of two.
template <class T>
inline void take_slot(Post<T>& post, const Formation& formation) {
  const std::uint32_t seed = static_cast<std::uint32_t>(lane(Int<T>(post.seed), 0));
  const auto last = static_cast<std::uint32_t>(formation.drones - 1);
  const Bits<T> first = post.drone & ~last;  // of the world; also stands for it
  const Draw<T> deal = draw(Counter<T>{seed, first, post.trades}, Purpose::kCourse, 0);
  const Bits<T> slot = ((post.drone & last) * ((deal.a >> 16) | 1u) + (deal.b >> 16)) & last;
  const Draw<T> own = draw(Counter<T>{seed, first + slot, post.trades}, Purpose::kCourse, 1);
  post.slot = Int<T>(slot);
  const SinCos<T> turn =
      sin_cos_of_turns(T(to_number(post.slot) * (1.0f / static_cast<float>(formation.drones))));
  const T radius = uniform<T>(deal.c) * (formation.radius_high_m - formation.radius_low_m) +
                   formation.radius_low_m;
  const T rise = (uniform<T>(own.a) * 2.0f - 1.0f) * formation.rise_m + formation.height_m;
  post.slot_W = {turn.cos * radius, turn.sin * radius, rise};
}

/// The post of drone `number` at a tick of the run. Worlds trade at times of their own.
inline Post<float> post_of(const Formation& formation, std::uint32_t seed, std::uint32_t number,
                           std::uint32_t tick) {
  const auto world = number & ~static_cast<std::uint32_t>(formation.drones - 1);
  const std::uint32_t bits = draw(Counter<float>{seed, world, 0}, Purpose::kCourse, 2).a;
  const auto steps = static_cast<std::uint32_t>(formation.trade_s / kControlStepS + 0.5f);
  const bool never = steps == 0;
  const std::uint32_t period = never ? 1u << 30 : steps;
  const std::uint32_t time = tick + (never ? 0 : bits % period);
  Post<float> post{};
  post.seed = seed;
  post.drone = number;
  post.trades = time / period;
  post.steps_left = static_cast<std::int32_t>(period - time % period);
  take_slot(post, formation);
  return post;
}

/// A control step has passed.
template <class T>
inline void keep_time(Post<T>& post, const Formation& formation) {
  post.steps_left = post.steps_left - 1;
  const Mask<T> due = post.steps_left <= 0;
  if (!any(due)) return;
  const auto steps = static_cast<std::int32_t>(formation.trade_s / kControlStepS + 0.5f);
  Post<T> next = post;
  next.trades = next.trades + 1u;
  take_slot(next, formation);
  post.slot_W = select3<T>(due, next.slot_W, post.slot_W);
  post.slot = select(due, next.slot, post.slot);
  post.trades = Bits<T>(select(due, Int<T>(next.trades), Int<T>(post.trades)));
  post.steps_left = select(due, Int<T>(Int<T>{} + steps), post.steps_left);
}

}  // namespace sim_core::SIM_CORE_ISA
