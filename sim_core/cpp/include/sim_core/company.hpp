// SPDX-License-Identifier: Apache-2.0
/// Drones that share a world, and the memory in which they tell each other where they are.
#pragma once

#include <cstdint>

namespace sim_core {

constexpr int kToldColumns = 9;    ///< p_WB [m], v_WB and plan_WB [m/s]
constexpr int kFewestInWorld = 4;  ///< each sees three others
constexpr int kMostInWorld = 64;   ///< training takes as many drones at a time

/// Drone i is in world i / world_size. What is told at one tick is read at the next and written over at
/// the one after it, so that nobody has to wait for a drone that another thread or register holds.
struct Company {
  float* told[2] = {nullptr, nullptr};  ///< at even and at odd ticks: kToldColumns of `stride`
  std::int32_t stride = 0;
  std::int32_t world_size = 1;  ///< a power of two
};

}  // namespace sim_core
