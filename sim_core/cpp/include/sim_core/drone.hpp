// SPDX-License-Identifier: Apache-2.0
/// One drone as the simulator knows it: body, rate loop, dead time, battery, link.
#pragma once

#include "sim_core/delay.hpp"
#include "sim_core/integrator.hpp"
#include "sim_core/sensors.hpp"

namespace sim_core::SIM_CORE_ISA {

template <class T>
struct Drone {
  BodyState<T> body;
  RateLoop<T> rate_loop;
  DeadTime<T> dead_time;
  Battery<T> battery;
};

/// One physics step (2 ms) towards `command`: rate loop, mixer, rotors, body.
template <class T>
inline void step_drone(Drone<T>& drone, const Params<T>& params, const Derived<T>& derived,
                       const Command<T>& command, std::uint32_t tick) {
  const Vec3<T> torque = step_rate_loop(drone.rate_loop, params, command.w_B, drone.body.w_WB_B);
  const T collective = command.thrust_n * (0.25f * kCountsFull) / params.thrust_max_n;
  T target_n[4], delayed_n[4];
  thrust_targets(params, drone.battery, mix(collective, torque), target_n);
  pass_dead_time(drone.dead_time, derived, tick, target_n, delayed_n);
  step_body(drone.body, params, derived, delayed_n, kPhysicsStepS);
}

/// One control step (10 ms) of a policy's command through the link.
template <class T>
inline void step_control(Drone<T>& drone, Link<T>& link, const Params<T>& params,
                         const Derived<T>& derived, const Command<T>& command, std::uint32_t tick) {
  const Arriving<T> arriving = pass_link(link, derived, tick, command);
  for (int k = 0; k < kSubsteps; ++k) {
    const Mask<T> waiting = derived.link_remainder_steps > static_cast<float>(k);
    const Command<T> now = select_command<T>(waiting, arriving.before, arriving.after);
    step_drone(drone, params, derived, now, tick * kSubsteps + static_cast<std::uint32_t>(k));
  }
  step_battery(drone.battery, params, drone.body.thrust_n, kControlStepS);
}

/// Everything but the body as after a long hover at `command`: rotors settled, lines full of it.
template <class T>
inline void settle_drone(Drone<T>& drone, Link<T>& link, const Params<T>& params,
                         const Command<T>& command) {
  for (int i = 0; i < 4; ++i) {
    const T each_n = command.thrust_n * 0.25f * params.thrust_gain * params.motor_gain[i];
    drone.body.thrust_n[i] = each_n;
    for (auto& slot : drone.dead_time.target_n) slot[i] = each_n;
  }
  drone.rate_loop.integral_deg = {T{}, T{}, T{}};
  drone.rate_loop.previous_deg_s = drone.body.w_WB_B * splat<T>(kDegreesPerRadian);
  drone.battery.charge = params.battery_charge;
  step_battery(drone.battery, params, drone.body.thrust_n, 0.0f);
  for (Command<T>& sent : link.sent) sent = command;
}

}  // namespace sim_core::SIM_CORE_ISA
