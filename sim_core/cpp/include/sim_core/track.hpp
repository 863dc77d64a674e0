// SPDX-License-Identifier: Apache-2.0
/// The task of hovering and tracking: what is rewarded, and when an episode ends.
#pragma once

#include "sim_core/action.hpp"
#include "sim_core/observation.hpp"

namespace sim_core::SIM_CORE_ISA {

template <class T>
struct TrackScore {
  T terms[kTrackRewardTerms];  ///< weighted; order of kTrackRewardTermNames
  T reward;                    ///< their sum
  Mask<T> crashed;
};

/// Beyond this an output is no command, in squared half ranges: a million half ranges off.
/// Source: guess; far above what a policy explores, far below where the square overflows.
constexpr float kSaneOvershoot = 1e12f;

/// Scores the state after a control step. `output` is the policy's unlimited output, `command` what
/// was made of it, `previous` the command before, `hover_n` the thrust command that would carry the
/// drone. A state or an output that is not finite counts as a crash.
template <class T>
inline TrackScore<T> score_track(const BodyState<T>& body, const Goal<T>& goal,
                                 const Command<T>& output, const Command<T>& command,
                                 const Command<T>& previous, const T& hover_n,
                                 const TrackReward& weights, const TrackEpisode& episode,
                                 const CommandLimits& limits) {
  const T distance = norm(body.p_WB - goal.p_WB);
  const T ratio = distance * (1.0f / weights.precision_width_m);
  const T speed_error = norm(body.v_WB - goal.v_WB);
  const T rates_squared = dot(body.w_WB_B, body.w_WB_B);
  const Rotation<T> R_WB = rotation_of(body.q_WB);
  const T ahead = goal.cos_yaw * R_WB.row_x.x + goal.sin_yaw * R_WB.row_y.x;
  const T level2 = R_WB.row_x.x * R_WB.row_x.x + R_WB.row_y.x * R_WB.row_y.x + 1e-6f;

  TrackScore<T> score;
  const float max_rate = episode.max_body_rate_rad_s;
  const Mask<T> inside = distance < episode.max_distance_m;
  const Mask<T> calm = rates_squared < max_rate * max_rate;
  const T overshoot = command_distance_squared(output, command, limits);
  const Mask<T> sane = overshoot < kSaneOvershoot;
  score.crashed = !(inside & calm & sane);  // false comparisons also catch what is not a number

  const float s = weights.scale;
  T* t = score.terms;
  t[0] = (1.0f - min_of(distance, splat<T>(2.0))) * (s * weights.distance);
  t[1] = (s * weights.precision) / (ratio * ratio + 1.0f);
  t[2] = speed_error * (-s * weights.velocity);
  t[3] = rates_squared * (-s * weights.body_rate);
  t[4] = (1.0f - ahead * inverse_root_of(level2)) * (-s * weights.heading);
  t[5] = command_distance_squared(command, previous, limits) * (-s * weights.smoothness);
  t[6] = overshoot * (-s * weights.overshoot);
  const T push =
      (command.thrust_n - hover_n) * (2.0f / (limits.thrust_high_n - limits.thrust_low_n));
  t[7] = push * push * (-s * weights.effort);
  t[8] = T{};
  score.reward = T{};
  for (int i = 0; i < kTrackRewardTerms; ++i) {
    const T ending = splat<T>(i == kTrackRewardTerms - 1 ? -weights.crash : 0.0f);
    t[i] = select(score.crashed, ending, t[i]);
    score.reward = score.reward + t[i];
  }
  return score;
}

}  // namespace sim_core::SIM_CORE_ISA
