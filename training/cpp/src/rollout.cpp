// SPDX-License-Identifier: Apache-2.0
/// Flying: worlds do not know of each other, so a thread takes some of them through the whole horizon,
/// while what they need stays in its cache, and meets the others at the end alone.
#include <algorithm>
#include <atomic>
#include <cmath>

#include "thread.hpp"

namespace training {
namespace {

/// Of advantages, which are divided by it. Source: guess; rewards of a step are of order 0.01 to 1.
constexpr double kLeastSpread = 1e-3;

static_assert(kBatchRows % sim_core::kMostInWorld == 0, "a thread takes whole worlds");

/// First place that is no number; -1: there is none.
int first_bad(const float* x, long count) {
  for (long i = 0; i < count; ++i) {
    if (!std::isfinite(x[i])) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace

bool Learner::see(Thread& thread, const Scales& scales, const float* observation,
                  const float* privileged, int first, int rows, float* out, std::uint32_t at) {
  if (kernel_->look(scales, observation, privileged, rows, out, stride)) return true;
  for (int r = 0; r < rows; ++r) {
    const int place = first_bad(out + r * stride, stride);
    if (place < 0) continue;
    const int entry = place > scales_.observation ? place - 1 : place;  // the constant has none
    thread.note(Fault::kObservation, first + r, at, entry);
  }
  return false;
}

/// Acts and steps once; false: a number was none.
bool Learner::step_rows(Thread& thread, const sim_core::Work& work, int t, int begin, int end) {
  const int drones = sim_.num_drones(), rows = end - begin, outputs = actor.shape.outputs;
  const long at = static_cast<long>(t) * drones + begin;
  const Exploration how{outputs,
                        settings_.seed,
                        work.tick,
                        actor.flat.data() + actor.shape.deviations_at(),
                        settings_.min_log_std,
                        ranges_.command_center.data(),
                        ranges_.command_half_range.data()};
  const bool keeping = t >= 0;
  const float* seen = keeping ? inputs.data() + at * stride : thread.inputs.data();
  kernel_->infer(actor.weights(), seen, stride, rows, thread.scratch);
  const bool good = kernel_->explore(
      how, thread.scratch.outputs, begin, rows, keeping ? actions.data() + at * outputs : nullptr,
      keeping ? log_probs.data() + at : nullptr, commands_.data() + begin * outputs);
  if (!good) {
    const int place = first_bad(commands_.data() + begin * outputs, rows * outputs);
    thread.note(Fault::kAction, begin + std::max(place, 0) / outputs, work.tick, -1);
    return false;
  }
  if (keeping) {
    kernel_->infer(critic.weights(), seen, stride, rows, thread.scratch);
    std::copy_n(thread.scratch.outputs, rows, values.data() + at);
    const int bad = first_bad(values.data() + at, rows);
    if (bad >= 0) thread.note(Fault::kValue, begin + bad, work.tick, -1);
    if (bad >= 0) return false;
  }
  const double began = now_s();
  const int lanes = sim_.kernel().lanes;
  sim_.kernel().step(work, begin / lanes, (end + lanes - 1) / lanes);
  thread.physics_s += now_s() - began;
  return true;
}

/// Rewards of a step; where time ran out, what would have come after is added.
void Learner::note_final(Thread& thread, const sim_core::Work& work, int t, int begin, int end) {
  const auto& out = work.buffers;
  const long row = static_cast<long>(t) * sim_.num_drones();
  for (int n = begin; n < end; ++n) {
    const float discount = settings_.discounts[static_cast<std::size_t>(n)];
    float reward = out.reward[n];
    if (out.truncated[n] != 0) {
      if (see(thread, scales_, out.final_observation + static_cast<long>(n) * scales_.observation,
              out.final_privileged + static_cast<long>(n) * scales_.privileged, n, 1,
              thread.final_input.data(), work.tick)) {
        kernel_->infer(critic.weights(), thread.final_input.data(), stride, 1, thread.scratch);
        reward += discount * thread.scratch.outputs[0];
      }
    }
    if (!std::isfinite(reward)) {
      thread.note(std::isfinite(out.reward[n]) ? Fault::kValue : Fault::kReward, n, work.tick, -1);
    }
    rewards.data()[row + n] = reward;
    counts.data()[row + n] = out.terminated[n] != 0 || out.truncated[n] != 0 ? 0.0f : discount;
  }
}

void Learner::collect_rows(Thread& thread, const sim_core::Work& first, int begin, int end) {
  sim_core::Work work = first;
  const int rows = end - begin, drones = sim_.num_drones();
  const auto look_now = [&](int t) {
    const long at = static_cast<long>(t) * drones + begin;
    return see(thread, scales_,
               work.buffers.observation + static_cast<long>(begin) * scales_.observation,
               work.buffers.privileged + static_cast<long>(begin) * scales_.privileged, begin, rows,
               inputs.data() + at * stride, work.tick);
  };
  for (int t = 0; t < settings_.horizon; ++t) {
    work.tick = first.tick + static_cast<std::uint32_t>(t);
    if (!look_now(t) || !step_rows(thread, work, t, begin, end)) return;
    note_final(thread, work, t, begin, end);
    if (thread.fault.what != Fault::kNothing) return;
  }
  if (!look_now(settings_.horizon)) return;
  const long last = static_cast<long>(settings_.horizon) * drones + begin;
  kernel_->infer(critic.weights(), inputs.data() + last * stride, stride, rows, thread.scratch);
  std::copy_n(thread.scratch.outputs, rows, values.data() + last);
  const Returns how{settings_.horizon, drones,        settings_.trace,   rewards.data(),
                    counts.data(),     values.data(), advantages.data(), returns.data()};
  kernel_->estimate(how, begin, end);
}

void Learner::fly_rows(Thread& thread, const sim_core::Work& first, int steps, int begin, int end) {
  sim_core::Work work = first;
  Scales seen = scales_;
  seen.privileged = 0;  // an actor alone does not see it
  for (int t = 0; t < steps; ++t) {
    work.tick = first.tick + static_cast<std::uint32_t>(t);
    const bool good =
        see(thread, seen, work.buffers.observation + static_cast<long>(begin) * scales_.observation,
            work.buffers.privileged + static_cast<long>(begin) * scales_.privileged, begin,
            end - begin, thread.inputs.data(), work.tick);
    if (!good || !step_rows(thread, work, -1, begin, end)) return;
  }
}

void Learner::collect(Figures& figures) {
  const sim_core::Work first = sim_.claim_steps(settings_.horizon, commands_.data());
  const int drones = sim_.num_drones(), groups = (drones + kBatchRows - 1) / kBatchRows;
  std::atomic<int> next{0};
  sim_.workers().run(sim_.threads(), [&](int number, int) {
    Thread& thread = *threads_[static_cast<std::size_t>(number)];
    const double began = now_s();
    for (int g = next++; g < groups; g = next++) {
      const Fault earlier = thread.fault;
      thread.fault = {};
      collect_rows(thread, first, g * kBatchRows, std::min((g + 1) * kBatchRows, drones));
      if (earlier.what != Fault::kNothing) {
        thread.note(earlier.what, earlier.environment, earlier.tick, earlier.entry);
      }
    }
    thread.inference_s = now_s() - began - thread.physics_s;
  });
  gather_faults(figures);
  figures.fault.tick -= first.tick;
  if (figures.fault.what == Fault::kNothing) weigh_kinds();
  tick += static_cast<std::uint32_t>(settings_.horizon);
}

/// Where a task mixes kinds of work, each counts alike: training/ppo.py says why.
void Learner::weigh_kinds() {
  const int drones = sim_.num_drones(), last = *std::max_element(kinds_.begin(), kinds_.end());
  if (last == *std::min_element(kinds_.begin(), kinds_.end())) return;
  struct Sums {
    double count = 0.0, sum = 0.0, squares = 0.0;
  };
  std::vector<Sums> sums(static_cast<std::size_t>(last) + 1);
  const auto visit = [&](const auto& see) {
    for (int i = 0; i < samples(); ++i) {
      const auto kind = static_cast<std::size_t>(kinds_[static_cast<std::size_t>(i % drones)]);
      see(sums[kind], advantages.data()[i], weights.data()[i]);
    }
  };
  visit([](Sums& of, float advantage, float) { of.count += 1.0, of.sum += advantage; });
  visit([](Sums& of, float advantage, float) {
    const double off = advantage - of.sum / of.count;
    of.squares += off * off;
  });
  visit([](const Sums& of, float& advantage, float& weight) {
    const double spread = std::max(std::sqrt(of.squares / of.count), kLeastSpread);
    advantage = static_cast<float>((advantage - of.sum / of.count) / spread);
    weight = static_cast<float>(1.0 / (spread * spread));
  });
}

void Learner::fly(int steps, Figures& figures) {
  const sim_core::Work first = sim_.claim_steps(steps, commands_.data());
  const int drones = sim_.num_drones(), groups = (drones + kBatchRows - 1) / kBatchRows;
  sim_.workers().run(sim_.threads(), [&](int number, int) {
    Thread& thread = *threads_[static_cast<std::size_t>(number)];
    const double began = now_s();
    for (int g = number; g < groups; g += sim_.threads()) {
      fly_rows(thread, first, steps, g * kBatchRows, std::min((g + 1) * kBatchRows, drones));
    }
    thread.inference_s = now_s() - began - thread.physics_s;
  });
  gather_faults(figures);
}

}  // namespace training
