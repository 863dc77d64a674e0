// SPDX-License-Identifier: Apache-2.0
/// The learner's arithmetic for one instruction set. Compiled once for each, with SIM_CORE_ISA and
/// SIM_CORE_LANES set. Unlike the simulator's, it may fuse multiplications with additions, so equal
/// seeds give equal bits on one instruction set, for any number of threads.
#include "training/kernel.hpp"

#include <cstring>

#include "sim_core/rng.hpp"
#include "training/losses.hpp"
#include "training/passes.hpp"

namespace training::SIM_CORE_ISA {
namespace {

using sim_core::SIM_CORE_ISA::Bits;
using sim_core::SIM_CORE_ISA::Counter;
using sim_core::SIM_CORE_ISA::draw_normals;
using sim_core::SIM_CORE_ISA::kNormals;
using sim_core::SIM_CORE_ISA::Purpose;
using sim_core::SIM_CORE_ISA::sqrt_of;

/// Apart from the simulator's purposes in sim_core/rng.hpp.
constexpr auto kExploration = static_cast<Purpose>(4096);

/// (in - offset) * scale; returns 0 times each entry, which is 0 for numbers alone.
Wide scaled(const float* in, const float* offset, const float* scale, int count, float* out) {
  Wide nothing{};
  const auto part = [&](int at) {
    const Wide value = (load(in + at) - load(offset + at)) * load(scale + at);
    nothing += value * 0.0f;
    store(out + at, value);
  };
  int at = 0;
  for (; at + kLanes <= count; at += kLanes) part(at);
  if (at < count && count >= kLanes) {
    part(count - kLanes);  // overlaps the one before it
  } else {
    for (; at < count; ++at) {
      out[at] = (in[at] - offset[at]) * scale[at];
      nothing += out[at] * 0.0f;
    }
  }
  return nothing;
}

bool look(const Scales& scales, const float* observation, const float* privileged, int rows,
          float* inputs, long stride) {
  Wide nothing{};
  for (int r = 0; r < rows; ++r) {
    float* out = inputs + r * stride;
    nothing += scaled(observation + r * scales.observation, scales.observation_offset,
                      scales.observation_scale, scales.observation, out);
    out[scales.observation] = 1.0f;
    nothing += scaled(privileged + r * scales.privileged, scales.privileged_offset,
                      scales.privileged_scale, scales.privileged, out + scales.observation + 1);
  }
  return !any(nothing != 0.0f);
}

void infer(const Weights& weights, const float* inputs, long stride, int rows, const Scratch& s) {
  forward(weights, inputs, stride, rows, s);
}

bool explore(const Exploration& how, const float* means, int first, int rows, float* actions,
             float* log_probs, float* commands) {
  const Spread spread = spread_of(how.log_std, how.min_log_std, how.actions);
  bool all_good = true;
  for (int r = 0; r < rows; r += kLanes) {
    const Counter<Wide> at{how.seed, Bits<Wide>(lane_numbers<Wide>() + (first + r)),
                           Bits<Wide>{} + how.tick};
    static_assert(kMostOutputs <= kNormals);
    Wide drawn[kNormals], log_prob{};
    draw_normals(at, kExploration, drawn);
    const int count = rows - r < kLanes ? rows - r : kLanes;
    for (int k = 0; k < how.actions; ++k) {
      log_prob += drawn[k] * drawn[k] * -0.5f - spread.log_std[k];
      const Wide action =
          load(means + k * kBatchRows + r) + drawn[k] * exp_of<float>(spread.log_std[k]);
      const Wide command = action * how.half_range[k] + how.center[k];
      const Mask bad = ~is_number(action) & (lane_numbers<Wide>() < count);
      all_good = all_good && !any(bad);
      for (int i = 0; i < count; ++i) {
        if (actions != nullptr) actions[(r + i) * how.actions + k] = lane(action, i);
        commands[(r + i) * how.actions + k] = lane(command, i);
      }
    }
    for (int i = 0; i < count && log_probs != nullptr; ++i) log_probs[r + i] = lane(log_prob, i);
  }
  return all_good;
}

/// Generalised advantage estimation (Schulman et al. 2016, arXiv:1506.02438, eq. 16).
template <class T>
void estimate_lanes(const Returns& r, long n) {
  const auto read = [](const float* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
  };
  T advantage{};
  for (int t = r.horizon - 1; t >= 0; --t) {
    const long at = t * r.drones + n;
    const T counts = read(r.counts + at), value = read(r.values + at);
    const T surprise = read(r.rewards + at) + read(r.values + at + r.drones) * counts - value;
    advantage = surprise + counts * advantage * r.trace;
    const T goal = advantage + value;
    std::memcpy(r.advantages + at, &advantage, sizeof advantage);
    std::memcpy(r.returns + at, &goal, sizeof goal);
  }
}

void estimate(const Returns& returns, int begin, int end) {
  int n = begin;
  for (; n + kLanes <= end; n += kLanes) estimate_lanes<Wide>(returns, n);
  for (; n < end; ++n) estimate_lanes<float>(returns, n);
}

/// Rows of the rollout in the minibatch's order, into the scratch.
void gather(const Minibatch& batch, int begin, int rows, const Scratch& s) {
  const int actions = batch.actor.shape.outputs;
  for (int r = 0; r < rows; ++r) {
    const long sample = batch.order[begin + r];
    const float* from = batch.inputs + sample * batch.stride;
    float* to = s.inputs + r * batch.stride;
    for (long k = 0; k < batch.stride; k += kLanes) store(to + k, load(from + k));
    float* column = s.columns + r;
    for (int k = 0; k < actions; ++k) column[k * kBatchRows] = batch.actions[sample * actions + k];
    column[actions * kBatchRows] = batch.log_probs[sample];
    column[(actions + 1) * kBatchRows] = batch.advantages[sample];
    column[(actions + 2) * kBatchRows] = batch.returns[sample];
    column[(actions + 3) * kBatchRows] = batch.weights[sample];
  }
}

void note(Share& share, int row, bool of_value) {
  if (row < 0 || (share.bad_row >= 0 && share.bad_row <= row)) return;
  share.bad_row = row;
  share.bad_value = of_value;
}

/// One batch of rows, forward and backward through both networks.
template <class Finish>
void learn_rows(const Minibatch& batch, int begin, int rows, const Spread& spread, const Scratch& s,
                Share& share, Wide* deviation, Wide* loss, const Finish& finish) {
  const int actions = batch.actor.shape.outputs;
  const auto offset = [&](int bad) { return bad < 0 ? bad : begin + bad; };
  gather(batch, begin, rows, s);
  forward(batch.actor, s.inputs, batch.stride, rows, s);
  note(share,
       offset(actor_loss(batch, spread, rows, s.columns, s.outputs, s.output_slope, deviation,
                         loss[0])),
       false);
  backward(batch.actor, s.inputs, batch.stride, rows, s, share.actor, finish);
  forward(batch.critic, s.inputs, batch.stride, rows, s);
  note(share,
       offset(critic_loss(batch, rows, s.columns + (actions + 2) * kBatchRows, s.outputs,
                          s.output_slope, loss[1])),
       true);
  backward(batch.critic, s.inputs, batch.stride, rows, s, share.critic, finish);
}

void learn(const Minibatch& batch, int begin, int end, const Scratch& s, Share& share) {
  const Network& actor = batch.actor.shape;
  const float* log_std = batch.actor.flat + actor.deviations_at();
  const Spread spread = spread_of(log_std, batch.min_log_std, actor.outputs);
  Wide deviation[kMostOutputs] = {}, loss[2] = {};
  share.bad_row = -1;
  for (int at = begin; at < end; at += kBatchRows) {
    const int rows = end - at < kBatchRows ? end - at : kBatchRows;
    if (at == begin) {
      learn_rows(batch, at, rows, spread, s, share, deviation, loss, Store{});
    } else {
      learn_rows(batch, at, rows, spread, s, share, deviation, loss, Add{});
    }
  }
  float* slope = share.actor + actor.deviations_at();
  std::memset(slope, 0, kLine * sizeof(float));
  std::memset(share.critic + batch.critic.shape.deviations_at(), 0, kLine * sizeof(float));
  for (int k = 0; k < actor.outputs; ++k) {
    // The entropy of a Gaussian is the sum of its log deviations; it is the first share's part.
    const float bonus = begin == 0 ? batch.entropy : 0.0f;
    if (!spread.floored[k]) slope[k] = static_cast<float>(total(deviation[k])) - bonus;
  }
  share.policy_loss = total(loss[0]);
  share.value_loss = total(loss[1]);
}

double sum(float* const* parts, int count, int begin, int end, float* out) {
  Wide squares{};
  for (int at = begin; at < end; at += kLanes) {
    Wide value = load(parts[0] + at);
    for (int k = 1; k < count; ++k) value += load(parts[k] + at);
    store(out + at, value);
    squares += value * value;
  }
  return total(squares);
}

void descend(const Descent& d, int begin, int end) {
  const float square_bias = 1.0f / d.square_bias;
  for (int at = begin; at < end; at += kLanes) {
    const Wide gradient = load(d.gradient + at) * d.cut;
    const Wide mean = load(d.mean + at) * d.keep_mean + gradient * d.take_mean;
    const Wide square = load(d.square + at) * d.keep_square + gradient * gradient * d.take_square;
    store(d.mean + at, mean);
    store(d.square + at, square);
    store(d.flat + at,
          load(d.flat + at) - mean * d.rate / (sqrt_of(square) * square_bias + d.epsilon));
  }
}

void tanh_of_all(const float* x, int count, float* y) {
  int i = 0;
  for (; i + kLanes <= count; i += kLanes) store(y + i, tanh_of(load(x + i)));
  for (; i < count; ++i) y[i] = tanh_of(x[i]);
}

}  // namespace

extern const Kernel kernel;
const Kernel kernel = {SIM_CORE_ISA_NAME, kLanes, look, infer,   explore,
                       estimate,          learn,  sum,  descend, tanh_of_all};

}  // namespace training::SIM_CORE_ISA
