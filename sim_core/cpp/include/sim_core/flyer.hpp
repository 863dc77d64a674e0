// SPDX-License-Identifier: Apache-2.0
/// All that belongs to one drone of the vectorised simulator; every number of it is 32 bits wide, so
/// that a register's worth of drones is the same list with a lane for each.
#pragma once

#include "sim_core/action.hpp"
#include "sim_core/drone_part.hpp"
#include "sim_core/sensors.hpp"

namespace sim_core::SIM_CORE_ISA {

template <class T>
struct Flyer {
  Drone<T> drone;
  Derived<T> derived;
  Params<T> params;
  Gusts<T> gusts;
  History<T> history;
  Int<T> age;       ///< control steps since the episode began
  Bits<T> episode;  ///< number of the episode
  Link<T> link;
  Past<T> past;  ///< kept only where the estimate lags
};

/// What is drawn for a drone at a control step: noise of the estimate, and what drives the gusts.
template <class T>
inline void draw_tick(const Counter<T>& at, const Switches& on, T normals[kNormals]) {
  if (on.noise || on.gusts) {
    draw_normals(at, Purpose::kEstimate, normals);
  } else {
    for (int i = 0; i < kNormals; ++i) normals[i] = T{};
  }
}

/// The estimate at control step `tick`.
template <class T>
inline Estimate<T> estimate_at(const Flyer<T>& flyer, const EstimateNoise& noise,
                               const Switches& on, std::uint32_t tick, const T normals[kNormals]) {
  const Pose<T> told =
      on.lag ? lagged_pose(flyer.past, flyer.params, tick) : pose_of(flyer.drone.body);
  return on.noise || on.bias ? estimate(told, flyer.params, noise, normals) : told;
}

/// The command under which a drone hovers, as far as it may ask for it.
template <class T>
inline Command<T> hover_command(const Derived<T>& derived, const CommandLimits& limits) {
  return limited<T>({derived.hover_n, {T{}, T{}, T{}}}, limits);
}

}  // namespace sim_core::SIM_CORE_ISA
