// SPDX-License-Identifier: Apache-2.0
/// Which parts of the model any drone of a run has: what none has costs no time.
#pragma once

#include <cstddef>
#include <cstring>

#include "sim_core/delay.hpp"
#include "sim_core/rotor.hpp"

namespace sim_core::SIM_CORE_ISA {

struct Switches {
  bool noise = true;  ///< white noise of the estimate
  bool gusts = true;
  bool passage = true;     ///< jitter or loss of the link
  bool pwm = true;         ///< older firmware
  bool lag = true;         ///< of the estimate
  bool bias = true;        ///< of the attitude
  bool downwash = true;    ///< of others in the same world
  bool one_kind = false;   ///< battery and rate loop's gains are the same for all
  bool one_drone = false;  ///< all parameters are
  DeadTimeRange dead_time;
  LinkRange link;
};

/// Whether battery and gains, which stand side by side among the parameters, are the same for all.
inline bool same_kind(const ParameterBox& box) {
  constexpr std::size_t kFirst = offsetof(Params<float>, battery_capacity_c);
  constexpr std::size_t kEnd = offsetof(Params<float>, center_of_mass_x_m);
  return std::memcmp(box.low + kFirst / sizeof(float), box.high + kFirst / sizeof(float),
                     kEnd - kFirst) == 0;
}

/// A draw's last bit may round half a physics step either way.
constexpr float kSlackS = 1e-6f;

/// Whole physics steps of a time, but not more than `most`.
inline int physics_steps(float time_s, int most) {
  const float steps = rounded(max_of(time_s, 0.0f) * (1.0f / kPhysicsStepS));
  return truncate(min_of(steps, static_cast<float>(most)));
}

inline DeadTimeRange dead_time_range(const Params<float>& least, const Params<float>& most) {
  return {physics_steps(least.rotor_dead_time_s - kSlackS, kMaxDeadTimeSteps),
          physics_steps(most.rotor_dead_time_s + kSlackS, kMaxDeadTimeSteps)};
}

/// Delay and jitter are each rounded to a step, together by one at most.
template <class A = RateThrust>
inline LinkRange link_range(const Params<float>& least, const Params<float>& most) {
  const bool jitter = most.link_jitter_s > 0.0f;
  const float longest_s =
      most.link_delay_s + (jitter ? most.link_jitter_s + kPhysicsStepS : kSlackS);
  return {physics_steps(least.link_delay_s - kSlackS, A::kLongestDelaySteps) / A::kStepSubsteps,
          physics_steps(longest_s, A::kLongestDelaySteps) / A::kStepSubsteps};
}

template <class A = RateThrust>
inline Switches switches_of(const ParameterBox& box, const EstimateNoise& noise) {
  Params<float> least, most;
  std::memcpy(&least, box.low, sizeof least);
  std::memcpy(&most, box.high, sizeof most);
  Switches on;
  on.noise = noise.position_m != 0.0f || noise.velocity_m_s != 0.0f || noise.attitude_rad != 0.0f ||
             noise.body_rate_rad_s != 0.0f || noise.position_z_m > 0.0f ||
             noise.velocity_z_m_s > 0.0f;
  on.gusts = most.gust_m_s > 0.0f;
  on.passage = most.link_jitter_s > 0.0f || most.link_loss > 0.0f;
  on.pwm = most.pwm_firmware > 0.5f;
  on.lag = most.estimate_lag_s > 0.0f;
  on.bias = least.attitude_bias_x_rad != 0.0f || most.attitude_bias_x_rad != 0.0f ||
            least.attitude_bias_y_rad != 0.0f || most.attitude_bias_y_rad != 0.0f;
  on.downwash = most.downwash > 0.0f;
  on.one_kind = same_kind(box);
  on.one_drone = std::memcmp(&least, &most, sizeof least) == 0;
  on.dead_time = dead_time_range(least, most);
  on.link = link_range<A>(least, most);
  return on;
}

}  // namespace sim_core::SIM_CORE_ISA
