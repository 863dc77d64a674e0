// SPDX-License-Identifier: Apache-2.0
/// All that belongs to one drone of the vectorised simulator; every number of it is 32 bits wide, so
/// that a register's worth of drones is the same list with a lane for each.
#pragma once

#include "sim_core/action.hpp"
#include "sim_core/drone_part.hpp"
#include "sim_core/sensors.hpp"

namespace sim_core::SIM_CORE_ISA {

template <class T, class A = RateThrust>
struct Flyer {
  Drone<T> drone;
  Derived<T> derived;
  Params<T> params;
  Gusts<T> gusts;
  History<T, A> history;
  Int<T> age;       ///< control steps since the episode began
  Bits<T> episode;  ///< number of the episode
  Link<T, A> link;
  Past<T, A> past;  ///< kept only where the estimate lags
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

/// The same for the commands of `A`. On board the gyro is read with each command: its noise is new,
/// where the pose's holds for 10 ms, so that nothing is gained by looking at it oftener.
template <class A, class T>
inline void draw_tick(A, const Counter<T>& at, const Switches& on, T normals[kNormals]) {
  constexpr std::uint32_t kHeld = kStepsPerRow<A>;
  if constexpr (kHeld == 1) {
    draw_tick(at, on, normals);
  } else {
    draw_tick(Counter<T>{at.seed, at.drone, Bits<T>(at.tick / kHeld)}, on, normals);
    if (!on.noise) return;
    T gyro[kNormals];
    draw_normals(at, Purpose::kGyro, gyro);
    for (int i = 0; i < 3; ++i) normals[kGyroNormal + i] = gyro[i];
  }
}

/// The estimate at control step `tick`. What the gyro of a drone tells on board has no lag.
template <class T, class A>
inline Estimate<T> estimate_at(const Flyer<T, A>& flyer, const EstimateNoise& noise,
                               const Switches& on, std::uint32_t tick, const T normals[kNormals]) {
  Pose<T> told = on.lag ? lagged_pose(flyer.past, flyer.params, tick) : pose_of(flyer.drone.body);
  if constexpr (A::kStepSubsteps == 1) told.w_WB_B = flyer.drone.body.w_WB_B;
  return on.noise || on.bias ? estimate(told, flyer.params, noise, normals) : told;
}

/// The command under which a drone hovers, as far as it may ask for it.
template <class T>
inline Command<T> hover_command(const Derived<T>& derived, const CommandLimits& limits) {
  return limited<T>(Command<T>{derived.hover_n, {T{}, T{}, T{}}}, limits);
}

template <class T, class A>
inline Command<T> hover_of(const Flyer<T, A>& flyer, const CommandLimits& limits, RateThrust) {
  return hover_command(flyer.derived, limits);
}
template <class T, class A>
inline MotorCommand<T> hover_of(const Flyer<T, A>& flyer, const CommandLimits& limits, Motors) {
  const T share = collective_counts(flyer.params, flyer.derived.hover_n) * (1.0f / kCountsFull);
  return limited(MotorCommand<T>{{share, share, share, share}}, limits);
}

/// How far a command's thrust is above that of a hover, in half ranges.
template <class T>
inline T surplus(const Command<T>& command, const Flyer<T>& flyer, const CommandLimits& limits) {
  const T hover_n = hover_command(flyer.derived, limits).thrust_n;
  return (command.thrust_n - hover_n) * (2.0f / (limits.thrust_high_n - limits.thrust_low_n));
}
template <class T>
inline T surplus(const MotorCommand<T>& command, const Flyer<T, Motors>& flyer,
                 const CommandLimits& limits) {
  const T(&m)[4] = command.share;
  const T hover = hover_of(flyer, limits, Motors{}).share[0];
  return (((m[0] + m[1]) + (m[2] + m[3])) * 0.25f - hover) *
         (2.0f / (limits.motor_high - limits.motor_low));
}

}  // namespace sim_core::SIM_CORE_ISA
