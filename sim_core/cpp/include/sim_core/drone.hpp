// SPDX-License-Identifier: Apache-2.0
/// One drone as the simulator knows it: body, rate loop, dead time, battery, link.
#pragma once

#include "sim_core/delay.hpp"
#include "sim_core/integrator.hpp"
#include "sim_core/switches.hpp"

namespace sim_core::SIM_CORE_ISA {

template <class T>
struct Drone {
  BodyState<T> body;
  RateLoop<T> rate_loop;
  DeadTime<T> dead_time;
  Battery<T> battery;
};

/// What a control step holds constant.
template <class T>
struct Held {
  Surroundings<T> around;
  Levers<T> levers;
  RateGains<T> gains;
  ThrustLine<T> line;
};

template <class T>
inline Held<T> held_for(const Drone<T>& drone, const Params<T>& params, const Derived<T>& derived,
                        const Params<T>& kind, const Surroundings<T>& around) {
  return {around, levers_of(params, derived, around, kPhysicsStepS), rate_gains(kind),
          thrust_line(params, drone.battery)};
}

/// One physics step (2 ms) towards motor counts of a collective thrust and body rates [rad/s]: rate
/// loop, mixer, rotors, body.
template <class T>
inline void step_drone(Drone<T>& drone, const Params<T>& params, const Derived<T>& derived,
                       const Held<T>& held, const T& collective_counts, const Vec3<T>& rates,
                       std::uint32_t tick, const Switches& on) {
  const Vec3<T> torque = step_rate_loop(drone.rate_loop, held.gains, rates, drone.body.w_WB_B);
  T target_n[4], delayed_n[4];
  thrust_targets(params, drone.battery, held.line, mix(collective_counts, torque), target_n,
                 on.pwm);
  pass_dead_time(drone.dead_time, derived, tick, target_n, delayed_n, on.dead_time);
  step_body(drone.body, derived, held.around, held.levers, delayed_n, kPhysicsStepS);
}

/// The same towards a command.
template <class T>
inline void step_drone(Drone<T>& drone, const Params<T>& params, const Derived<T>& derived,
                       const Surroundings<T>& around, const Command<T>& command,
                       std::uint32_t tick) {
  step_drone(drone, params, derived, held_for(drone, params, derived, params, around),
             collective_counts(params, command.thrust_n), command.w_B, tick, Switches{});
  drone.body.q_WB = normalized(drone.body.q_WB);
}

/// One control step (10 ms) of what arrives through the link. `kind`: parameters of which only battery
/// and gains are looked at; where all drones have the same, one set of them stays in the nearest cache.
template <class T>
inline void step_control(Drone<T>& drone, const Params<T>& params, const Derived<T>& derived,
                         const Params<T>& kind, const Surroundings<T>& around,
                         const Arriving<T>& arriving, std::uint32_t /*tick*/, const Switches& on) {
  const Held<T> held = held_for(drone, params, derived, kind, around);
  const T before = collective_counts(params, arriving.before.thrust_n, on.pwm);
  const T after = collective_counts(params, arriving.after.thrust_n, on.pwm);
  for (int k = 0; k < kSubsteps; ++k) {
    const Mask<T> waiting = arriving.remainder_steps > static_cast<float>(k);
    step_drone(drone, params, derived, held, select(waiting, before, after),
               select3<T>(waiting, arriving.before.w_B, arriving.after.w_B),
               static_cast<std::uint32_t>(k), on);
  }
  drone.body.q_WB = normalized(drone.body.q_WB);
  step_battery(drone.battery, kind, drone.body.thrust_n, kControlStepS);
}

/// One control step (2 ms) of motor commands that arrive at physics step `tick`: no rate loop.
template <class T>
inline void step_control(Drone<T>& drone, const Params<T>& params, const Derived<T>& derived,
                         const Params<T>& kind, const Surroundings<T>& around,
                         const Arriving<T, Motors>& arriving, std::uint32_t tick,
                         const Switches& on) {
  const Held<T> held = held_for(drone, params, derived, kind, around);
  MotorCounts<T> counts;
  for (int i = 0; i < 4; ++i) counts.m[i] = arriving.after.share[i] * kCountsFull;
  T target_n[4], delayed_n[4];
  thrust_targets(params, drone.battery, held.line, counts, target_n, on.pwm);
  pass_dead_time(drone.dead_time, derived, tick, target_n, delayed_n, on.dead_time);
  step_body(drone.body, derived, held.around, held.levers, delayed_n, kPhysicsStepS);
  drone.body.q_WB = normalized(drone.body.q_WB);
  step_battery(drone.battery, kind, drone.body.thrust_n, kPhysicsStepS);
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
  thrust_targets(params, drone.battery, thrust_line(params, drone.battery),
                 {{counts, counts, counts, counts}}, pwm_n);
  for (int i = 0; i < 4; ++i) {
    T& thrust_n = drone.body.thrust_n[i];
    thrust_n = select(pwm_firmware(params), pwm_n[i], thrust_n);
    settle_dead_time(drone.dead_time, i, thrust_n);
  }
  drone.rate_loop.integral_deg = {T{}, T{}, T{}};
  drone.rate_loop.previous = drone.body.w_WB_B;
}
template <class T>
inline void settle_drone(Drone<T>& drone, const Params<T>& params, const MotorCommand<T>& command) {
  const T counts = command.share[0] * kCountsFull;
  settle_drone(drone, params, Command<T>{collective_thrust(params, counts), {T{}, T{}, T{}}});
}

}  // namespace sim_core::SIM_CORE_ISA
