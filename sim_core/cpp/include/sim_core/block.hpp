// SPDX-License-Identifier: Apache-2.0
/// As many drones as a register holds, and what one call of the kernel works with.
#pragma once

#include <cstddef>

#include "sim_core/rows.hpp"
#include "sim_core/switches.hpp"
#include "sim_core/task.hpp"

namespace sim_core::SIM_CORE_ISA {

using WInt = Int<Wide>;
using WBits = Bits<Wide>;
using WMask = Mask<Wide>;

template <class Task, class T>
using FlyerOf = Flyer<T, typename Task::Action>;
template <class Task>
using SentOf = typename Task::Action::template Sent<Wide>;

/// As many drones as fit a register.
template <class Task>
struct Block {
  FlyerOf<Task, Wide> flyer;
  typename Task::template Memory<Wide> memory;
  Wide term_sums[Task::kTermCount];
};
static_assert(sizeof(Flyer<Wide>) == kLanes * sizeof(Flyer<float>), "one list of 32-bit numbers");
static_assert(sizeof(Flyer<Wide, Motors>) == kLanes * sizeof(Flyer<float, Motors>));

template <class Task>
constexpr int kObservationSize = size_of(Task::kObservation);
template <class Task>
constexpr int kCriticSize = size_of(Task::kCritic);
template <class Task>
constexpr int kPrivilegedSize = kCriticSize<Task> + kDroneSize;
template <class Task>
constexpr int kBehindRows = kObservationSize<Task> - Task::kRowPart;

template <class Task>
Block<Task>& block_at(const Work& work, int index) {
  return static_cast<Block<Task>*>(work.blocks)[index];
}

/// One call's settings, and which of its parts act.
template <class Task>
struct Run {
  const Work& work;
  Switches on;
  typename Task::Numbers numbers;
  const FlyerOf<Task, Wide>& first;  ///< of this call: stands for all where all are alike
};

template <class Task>
Run<Task> run_of(const Work& work, int begin) {
  return {work, switches_of<typename Task::Action>(work.settings->box, work.settings->noise),
          numbers_of<Task>(*work.settings), block_at<Task>(work, begin).flyer};
}

inline int active_lanes(const Work& work, int index) {
  const int left = work.num_drones - index * kLanes;
  return left < kLanes ? left : kLanes;
}

inline WBits drone_numbers(int index) { return WBits(lane_numbers<Wide>() + index * kLanes); }

inline Counter<Wide> counter_at(const Work& work, int index) {
  return {work.seed, drone_numbers(index), WBits{} + work.tick};
}

template <class Task>
SentOf<Task> load_commands(const Work& work, int index) {
  Wide values[4];
  load_rows4(work.buffers.commands + 4 * index * kLanes, active_lanes(work, index), values);
  return command_of(typename Task::Action{}, values);
}

/// Puts the first `count` numbers of one drone into a lane of the same list of all.
inline void put_lane(void* all, int lane_number, const void* one, std::size_t count) {
  const char* from = static_cast<const char*>(one);
  char* to = static_cast<char*>(all) + lane_number * sizeof(float);
  for (std::size_t i = 0; i < count; ++i) {
    std::memcpy(to + i * sizeof(Wide), from + i * sizeof(float), sizeof(float));
  }
}

/// Puts one drone into a lane, without its past poses where none are kept.
template <class Task>
void put_drone(Block<Task>& block, int lane_number, const FlyerOf<Task, float>& flyer,
               const typename Task::template Memory<float>& memory, bool with_past) {
  using One = FlyerOf<Task, float>;
  constexpr std::size_t kWithout = offsetof(One, past) / sizeof(float);
  put_lane(&block.flyer, lane_number, &flyer, with_past ? sizeof flyer / sizeof(float) : kWithout);
  put_lane(&block.memory, lane_number, &memory, sizeof memory / sizeof(float));
}

/// Adds up the terms, the price of a crash alone where there was one; returns the reward.
template <class Task>
Wide add_up(const Score<Wide, Task::kTermCount>& score, Wide sums[Task::kTermCount]) {
  Wide reward{};
  for (int i = 0; i < Task::kTermCount; ++i) {
    const bool price = i == Task::kTermCount - 1;
    const Wide term = price ? select(score.failed, score.terms[i], Wide{})
                            : select(score.failed, Wide{}, score.terms[i]);
    sums[i] = sums[i] + term;
    reward = reward + term;
  }
  return reward;
}

}  // namespace sim_core::SIM_CORE_ISA
