// SPDX-License-Identifier: Apache-2.0
/// What actor and critic are held to, one sample a lane; training/ppo.py says the same in torch.
#pragma once

#include <cfloat>

#include "sim_core/elementary.hpp"
#include "training/kernel.hpp"
#include "training/products.hpp"

namespace training::SIM_CORE_ISA {

using sim_core::SIM_CORE_ISA::any;
using sim_core::SIM_CORE_ISA::clamp;
using sim_core::SIM_CORE_ISA::exp_of;
using sim_core::SIM_CORE_ISA::lane;
using sim_core::SIM_CORE_ISA::lane_numbers;
using sim_core::SIM_CORE_ISA::max_of;
using sim_core::SIM_CORE_ISA::min_of;
using sim_core::SIM_CORE_ISA::select;
using sim_core::SIM_CORE_ISA::splat;
using Mask = sim_core::SIM_CORE_ISA::Mask<Wide>;

constexpr float kLargestLog = 80.0f;  ///< e to this is still a number; see exp_of

inline Mask is_number(const Wide& x) { return (x <= FLT_MAX) & (x >= -FLT_MAX); }

inline double total(const Wide& x) {
  double sum = 0.0;
  for (int i = 0; i < kLanes; ++i) sum += lane(x, i);
  return sum;
}

/// The exploration's spread, once for all rows.
struct Spread {
  float log_std[kMostOutputs], inverse[kMostOutputs];
  bool floored[kMostOutputs];
};

inline Spread spread_of(const float* log_std, float floor, int actions) {
  Spread out{};
  for (int k = 0; k < actions; ++k) {
    out.floored[k] = log_std[k] < floor;
    out.log_std[k] = out.floored[k] ? floor : log_std[k];
    out.inverse[k] = exp_of<float>(-out.log_std[k]);
  }
  return out;
}

/// Where the first false lane among the valid ones is; -1: nowhere.
inline int first_false(const Mask& good, int from, int rows) {
  for (int i = 0; i < kLanes && from + i < rows; ++i) {
    if (!lane(good, i)) return from + i;
  }
  return -1;
}

/// The clipped surrogate (Schulman et al. 2017, eq. 7): sum of losses, and the means' slopes into
/// `slopes`. `deviation` gets the slopes of the log deviations. Returns the first bad row, or -1.
inline int actor_loss(const Minibatch& batch, const Spread& spread, int rows, const float* columns,
                      const float* means, float* slopes, Wide* deviation, Wide& loss) {
  const int actions = batch.actor.shape.outputs;
  const float share = 1.0f / static_cast<float>(batch.rows);
  const float scale = 1.0f / (batch.advantage_std + 1e-8f);
  int bad = -1;
  for (int r = 0; r < rows; r += kLanes) {
    Wide z[kMostOutputs], log_prob{};
    for (int k = 0; k < actions; ++k) {
      const int at = k * kBatchRows + r;
      z[k] = (load(columns + at) - load(means + at)) * spread.inverse[k];
      log_prob += z[k] * z[k] * -0.5f - spread.log_std[k];
    }
    const Wide difference = log_prob - load(columns + actions * kBatchRows + r);
    const Wide advantage =
        (load(columns + (actions + 1) * kBatchRows + r) - batch.advantage_mean) * scale;
    const Wide ratio =
        exp_of<Wide>(clamp(difference, splat<Wide>(-kLargestLog), splat<Wide>(kLargestLog)));
    const Wide whole = ratio * advantage;
    const Wide cut =
        clamp(ratio, Wide{} + (1.0f - batch.clip), Wide{} + (1.0f + batch.clip)) * advantage;
    const Mask valid = lane_numbers<Wide>() + r < rows;
    const Mask good = is_number(difference) & is_number(whole);
    if (any(valid & ~good) && bad < 0) bad = first_false(good, r, rows);
    loss -= select(valid, min_of(whole, cut), Wide{}) * share;
    const Wide pull = select(valid & (whole <= cut), Wide(whole * -share), Wide{});
    for (int k = 0; k < actions; ++k) {
      store(slopes + k * kBatchRows + r, pull * z[k] * spread.inverse[k]);
      deviation[k] += pull * (z[k] * z[k] - 1.0f);
    }
  }
  return bad;
}

/// Half the squared error of the value.
inline int critic_loss(const Minibatch& batch, int rows, const float* returns, const float* values,
                       float* slopes, Wide& loss) {
  const float share = 1.0f / static_cast<float>(batch.rows);
  const float* weights = returns + kBatchRows;
  int bad = -1;
  for (int r = 0; r < rows; r += kLanes) {
    const Wide error = load(values + r) - load(returns + r);
    const Wide weighed = error * load(weights + r);
    const Mask valid = lane_numbers<Wide>() + r < rows;
    const Mask good = is_number(Wide(error * weighed));
    if (any(valid & ~good) && bad < 0) bad = first_false(good, r, rows);
    loss += select(valid, Wide(error * weighed * (0.5f * share)), Wide{});
    store(slopes + r, select(valid, Wide(weighed * share), Wide{}));
  }
  return bad;
}

}  // namespace training::SIM_CORE_ISA
