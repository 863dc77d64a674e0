// SPDX-License-Identifier: Apache-2.0
/// What leaves a block as rows of one drone each: observations, states, flags.
#pragma once

#include "sim_core/block.hpp"
#include "sim_core/drone_part.hpp"
#include "sim_core/sensors.hpp"

namespace sim_core::SIM_CORE_ISA {

template <class Task, class T>
using Memory = typename Task::template Memory<T>;
template <class Task, class T>
using Now = typename Task::template Now<T>;

/// What policy and critic see of a drone, or of one a lane.
template <class Task, class T>
void view(const FlyerOf<Task, T>& flyer, const Memory<Task, T>& memory, const Now<Task, T>& now,
          const Estimate<T>& seen, const World& world, T* part, T* extra) {
  Task::observe(memory, now, seen, flyer.history, world, Pen<T>{part});
  Task::tell_critic(memory, now, flyer, world, Pen<T>{extra});
  drone_part(flyer.drone, flyer.params, extra + kCriticSize<Task>);
}

/// Observation and privileged rows of one drone.
template <class Task>
void observe_one(const FlyerOf<Task, float>& flyer, const Memory<Task, float>& memory,
                 const Estimate<float>& seen, int row, const Run<Task>& run) {
  const VecBuffers& out = run.work.buffers;
  float* observation = out.observation + row * kObservationSize<Task>;
  const Now<Task, float> now = Task::template now<float>(memory, run.work.world);
  if constexpr (Task::kRowPart > 0) {
    Task::write_rows(now, seen, run.work.world, 1, observation, 0);
  }
  view<Task, float>(flyer, memory, now, seen, run.work.world, observation + Task::kRowPart,
                    out.privileged + row * kPrivilegedSize<Task>);
}

/// Columns `Begin` to `End` of rows that hold one drone each. What does not fill whole registers goes
/// number by number, where that is little.
template <int Begin, int End>
void store_columns(const Wide* values, int count, float* rows, int stride) {
  constexpr int kSize = End - Begin, kOver = kSize % kLanes;
  constexpr int kWhole = kSize > kLanes && kOver <= 2 ? kSize - kOver : kSize;
  store_rows<kWhole>(values + Begin, count, rows + Begin, stride);
  for (int k = Begin + kWhole; k < End; ++k) store_column(values[k], count, rows + k, stride);
}

/// The same of a block; of the critic's rows `Size` numbers.
template <class Task, int Size>
void observe(const Block<Task>& block, const Estimate<Wide>& seen, const Now<Task, Wide>& now,
             int index, const Run<Task>& run) {
  const int active = active_lanes(run.work, index);
  const VecBuffers& out = run.work.buffers;
  constexpr int kSeen = kObservationSize<Task>;
  float* observation = out.observation + index * kLanes * kSeen;
  float* privileged = out.privileged + index * kLanes * kPrivilegedSize<Task>;
  if constexpr (Task::kRowPart > 0) {
    Task::write_rows(now, seen, run.work.world, active, observation, kSeen);
  }
  Wide part[kBehindRows<Task>], extra[kPrivilegedSize<Task>];
  view<Task, Wide>(block.flyer, block.memory, now, seen, run.work.world, part, extra);
  store_rows<kBehindRows<Task>>(part, active, observation + Task::kRowPart, kSeen);
  store_columns<0, Size>(extra, active, privileged, kPrivilegedSize<Task>);
}

template <class A>
inline void store_states(const Flyer<Wide, A>& flyer, const Estimate<Wide>& seen, int index,
                         const Work& work) {
  const auto rows = [&](const Pose<Wide>& pose, float* out) {
    Wide values[13];
    static_assert(sizeof values == sizeof pose);
    std::memcpy(values, &pose, sizeof values);
    store_rows<13>(values, active_lanes(work, index), out + 13 * index * kLanes, 13);
  };
  rows(pose_of(flyer.drone.body), work.buffers.truth);
  rows(seen, work.buffers.estimate);
}

typedef signed char LaneBytes __attribute__((vector_size(SIM_CORE_LANES)));

/// Writes a mask as bytes, 1 where it is set.
inline void store_mask(const WMask& mask, int count, std::uint8_t* out) {
#if SIM_CORE_LANES > 1
  const LaneBytes bytes = __builtin_convertvector(mask, LaneBytes) & 1;
  std::memcpy(out, &bytes, static_cast<std::size_t>(count));
#else
  if (count > 0) *out = mask ? 1 : 0;
#endif
}

}  // namespace sim_core::SIM_CORE_ISA
