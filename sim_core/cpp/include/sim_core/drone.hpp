// SPDX-License-Identifier: Apache-2.0
/// One drone as the simulator knows it: body, rate loop, dead time, battery, link.
#pragma once

#include "sim_core/delay.hpp"
#include "sim_core/integrator.hpp"

namespace sim_core::SIM_CORE_ISA {

template <class T>
struct Drone {
  BodyState<T> body;
  RateLoop<T> rate_loop;
  DeadTime<T> dead_time;
  Battery<T> battery;
};

/// One physics step (2 ms) towards motor counts of a collective thrust and body rates: rate loop,
/// mixer, rotors, body. `pwm`: whether any drone has older firmware.
template <class T>
inline void step_drone(Drone<T>& drone, const Params<T>& params, const Derived<T>& derived,
                       const Surroundings<T>& around, const T& collective_counts,
                       const Vec3<T>& rates_deg_s, std::uint32_t tick, bool pwm) {
  const Vec3<T> torque =
      step_rate_loop_deg(drone.rate_loop, params, rates_deg_s, drone.body.w_WB_B);
  T target_n[4], delayed_n[4];
  thrust_targets(params, drone.battery, mix(collective_counts, torque), target_n, pwm);
  pass_dead_time(drone.dead_time, derived, tick, target_n, delayed_n);
  step_body(drone.body, params, derived, around, delayed_n, kPhysicsStepS);
}

/// The same towards a command, in air that stands still but for the drone's constant wind.
template <class T>
inline void step_drone(Drone<T>& drone, const Params<T>& params, const Derived<T>& derived,
                       const Command<T>& command, std::uint32_t tick) {
  step_drone(drone, params, derived, surroundings_of(drone.body, params, derived, Gusts<T>{}),
             collective_counts(params, command.thrust_n), command.w_B * splat<T>(kDegreesPerRadian),
             tick, true);
  drone.body.q_WB = normalized(drone.body.q_WB);
}

/// One control step (10 ms) of what arrives through the link. The drone is a copy while it moves, so
/// that a compiler keeps it in registers.
template <class T>
inline void step_control(Drone<T>& drone, const Params<T>& params, const Derived<T>& derived,
                         const Gusts<T>& gusts, const Arriving<T>& arriving, std::uint32_t tick,
                         bool pwm) {
  const Surroundings<T> around = surroundings_of(drone.body, params, derived, gusts);
  const T before = collective_counts(params, arriving.before.thrust_n, pwm);
  const T after = collective_counts(params, arriving.after.thrust_n, pwm);
  const Vec3<T> rates_before = arriving.before.w_B * splat<T>(kDegreesPerRadian);
  const Vec3<T> rates_after = arriving.after.w_B * splat<T>(kDegreesPerRadian);
  for (int k = 0; k < kSubsteps; ++k) {
    const Mask<T> waiting = arriving.remainder_steps > static_cast<float>(k);
    step_drone(drone, params, derived, around, select(waiting, before, after),
               select3<T>(waiting, rates_before, rates_after),
               tick * kSubsteps + static_cast<std::uint32_t>(k), pwm);
  }
  drone.body.q_WB = normalized(drone.body.q_WB);
  step_battery(drone.battery, params, drone.body.thrust_n, kControlStepS);
}

/// Everything but the body as after a long hover at `command`: rotors settled, the line full of it.
template <class T>
inline void settle_drone(Drone<T>& drone, const Params<T>& params, const Command<T>& command) {
  for (int i = 0; i < 4; ++i) {
    drone.body.thrust_n[i] = command.thrust_n * 0.25f * params.thrust_gain * params.motor_gain[i];
  }
  drone.battery.charge = params.battery_charge;
  step_battery(drone.battery, params, drone.body.thrust_n, 0.0f);
  T pwm_n[4];
  const T counts = collective_counts(params, command.thrust_n);
  thrust_targets(params, drone.battery, {{counts, counts, counts, counts}}, pwm_n);
  for (int i = 0; i < 4; ++i) {
    T& thrust_n = drone.body.thrust_n[i];
    thrust_n = select(pwm_firmware(params), pwm_n[i], thrust_n);
    settle_dead_time(drone.dead_time, i, thrust_n);
  }
  drone.rate_loop.integral_deg = {T{}, T{}, T{}};
  drone.rate_loop.previous_deg_s = drone.body.w_WB_B * splat<T>(kDegreesPerRadian);
}

}  // namespace sim_core::SIM_CORE_ISA
