// SPDX-License-Identifier: Apache-2.0
/// Learning: each minibatch goes out to the threads in shares of fixed size. Three meetings a
/// minibatch: gradients are whole; their sums are; the weights are.
#include <algorithm>
#include <cmath>

#include "thread.hpp"

namespace training {
namespace {

constexpr int kChunk = 512;  ///< floats of a gradient that one thread sums at a time

/// What falls to a thread of `count` things.
struct Range {
  int begin, end;
};
Range range_of(int count, int number, int threads) {
  return {count * number / threads, count * (number + 1) / threads};
}

int chunks_of(const Half& half) { return (half.shape.size() + kChunk - 1) / kChunk; }

/// Rows of a share: whole batches, except the last.
int share_rows(int rows, int shares) {
  const int even = (rows + shares - 1) / shares;
  return (even + kBatchRows - 1) / kBatchRows * kBatchRows;
}

/// A hash for shuffling: splitmix64 (S. Vigna, prng.di.unimi.it, public domain).
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

}  // namespace

/// A permutation drawn by (seed, tick, epoch): Fisher and Yates.
void Learner::shuffle(int epoch, std::uint32_t* order) const {
  const auto size = static_cast<std::uint32_t>(samples());
  for (std::uint32_t i = 0; i < size; ++i) order[i] = i;
  const std::uint64_t key = mixed(mixed((std::uint64_t{settings_.seed} << 32) | tick) +
                                  static_cast<std::uint64_t>(epoch));
  for (std::uint32_t i = size - 1; i > 0; --i) {
    const std::uint64_t drawn = mixed(key + i) >> 32;
    std::swap(order[i], order[(drawn * (i + 1)) >> 32]);
  }
}

Minibatch Learner::minibatch(const std::uint32_t* order, int rows) const {
  Minibatch batch;
  batch.actor = actor.weights();
  batch.critic = critic.weights();
  batch.inputs = inputs.data();
  batch.stride = stride;
  batch.actions = actions.data();
  batch.log_probs = log_probs.data();
  batch.advantages = advantages.data();
  batch.returns = returns.data();
  batch.weights = weights.data();
  batch.order = order;
  batch.rows = rows;
  batch.clip = settings_.clip;
  batch.entropy = settings_.entropy;
  batch.min_log_std = settings_.min_log_std;
  return batch;
}

/// Mean and deviation of the minibatch's advantages.
void Learner::weigh(Minibatch& batch) const {
  double sum = 0.0, squares = 0.0;
  for (int i = 0; i < batch.rows; ++i) sum += batch.advantages[batch.order[i]];
  const double mean = sum / batch.rows;
  for (int i = 0; i < batch.rows; ++i) {
    const double off = batch.advantages[batch.order[i]] - mean;
    squares += off * off;
  }
  batch.advantage_mean = static_cast<float>(mean);
  batch.advantage_std = static_cast<float>(std::sqrt(squares / batch.rows));
}

void Learner::run_shares(const Minibatch& batch, int number, int threads) {
  const int count = static_cast<int>(shares_.size());
  const int size = share_rows(batch.rows, count), used = (batch.rows + size - 1) / size;
  const Range mine = range_of(used, number, threads);
  const Scratch& scratch = threads_[static_cast<std::size_t>(number)]->scratch;
  for (int s = mine.begin; s < mine.end; ++s) {
    kernel_->learn(batch, s * size, std::min((s + 1) * size, batch.rows), scratch,
                   shares_[static_cast<std::size_t>(s)]);
  }
}

/// Sums the shares' gradients, chunk by chunk.
void Learner::run_sums(int number, int threads) {
  float* parts[64];
  for (int h = 0; h < 2; ++h) {
    Half& half = h == 0 ? actor : critic;
    const int count = used_shares_;
    for (int s = 0; s < count; ++s) {
      const Share& share = shares_[static_cast<std::size_t>(s)];
      parts[s] = h == 0 ? share.actor : share.critic;
    }
    const Range mine = range_of(chunks_of(half), number, threads);
    for (int c = mine.begin; c < mine.end; ++c) {
      squares_[h][static_cast<std::size_t>(c)] =
          kernel_->sum(parts, count, c * kChunk, std::min((c + 1) * kChunk, half.shape.size()),
                       half.gradient.data());
    }
  }
}

double Learner::norm_of(int half) const {
  double sum = 0.0;
  for (const double part : squares_[half]) sum += part;
  return std::sqrt(sum);
}

/// Losses of the shares; a fault where one is no number.
void Learner::add_up(const Minibatch& batch, Figures& figures) {
  for (int s = 0; s < used_shares_; ++s) {
    const Share& share = shares_[static_cast<std::size_t>(s)];
    figures.policy_loss += share.policy_loss;
    figures.value_loss += share.value_loss;
    if (share.bad_row < 0 || figures.fault.what != Fault::kNothing) continue;
    const auto sample = static_cast<int>(batch.order[share.bad_row]);
    figures.fault.what = share.bad_value ? Fault::kValueLoss : Fault::kPolicyLoss;
    figures.fault.environment = sample % sim_.num_drones();
    figures.fault.tick = sample / sim_.num_drones();
  }
}

bool Learner::check_gradient(Figures& figures) const {
  for (int h = 0; h < 2; ++h) {
    if (std::isfinite(norm_of(h))) continue;
    const Half& half = h == 0 ? actor : critic;
    for (int i = 0; i < half.shape.size(); ++i) {
      const float value = half.gradient.data()[i];
      if (std::isfinite(value) && std::fabs(value) < 1e18f) continue;
      figures.fault.what = Fault::kGradient;
      figures.fault.tensor = std::string(h == 0 ? "actor " : "critic ") + name_of(half.shape, i);
      return false;
    }
  }
  return true;
}

void Learner::run_descent(float rate, int number, int threads) {
  for (int h = 0; h < 2; ++h) {
    Half& half = h == 0 ? actor : critic;
    const double steps = static_cast<double>(half.adam_steps + 1);
    Descent how;
    how.flat = half.flat.data();
    how.gradient = half.gradient.data();
    how.mean = half.mean.data();
    how.square = half.square.data();
    how.cut = static_cast<float>(
        std::min(1.0, settings_.max_gradient_norm / (norm_of(h) + 1e-6)));  // as torch has it
    how.rate = static_cast<float>(rate / (1.0 - std::pow(settings_.keep_mean, steps)));
    how.square_bias = static_cast<float>(std::sqrt(1.0 - std::pow(settings_.keep_square, steps)));
    how.keep_mean = static_cast<float>(settings_.keep_mean);
    how.keep_square = static_cast<float>(settings_.keep_square);
    how.take_mean = static_cast<float>(1.0 - settings_.keep_mean);
    how.take_square = static_cast<float>(1.0 - settings_.keep_square);
    how.epsilon = static_cast<float>(settings_.epsilon);
    const Range mine = range_of(chunks_of(half), number, threads);
    kernel_->descend(how, mine.begin * kChunk, std::min(mine.end * kChunk, half.shape.size()));
  }
}

void Learner::differentiate(const std::uint32_t* order, int rows, Figures& figures) {
  Minibatch batch = minibatch(order, rows);
  weigh(batch);
  const int size = share_rows(rows, static_cast<int>(shares_.size()));
  used_shares_ = (rows + size - 1) / size;
  squares_[0].assign(static_cast<std::size_t>(chunks_of(actor)), 0.0);
  squares_[1].assign(static_cast<std::size_t>(chunks_of(critic)), 0.0);
  run_shares(batch, 0, 1);
  run_sums(0, 1);
  add_up(batch, figures);
  figures.actor_norm = norm_of(0);
  figures.critic_norm = norm_of(1);
  if (figures.fault.what == Fault::kNothing) check_gradient(figures);
}

void Learner::update(float rate, const std::uint32_t* orders, Figures& figures) {
  const double began = now_s();
  const int size = samples(), per_epoch = (size + settings_.minibatch - 1) / settings_.minibatch;
  const int total = per_epoch * settings_.epochs, threads = sim_.threads();
  std::vector<Minibatch> batches(static_cast<std::size_t>(total));
  squares_[0].assign(static_cast<std::size_t>(chunks_of(actor)), 0.0);
  squares_[1].assign(static_cast<std::size_t>(chunks_of(critic)), 0.0);
  if (orders != nullptr) std::copy_n(orders, orders_.size(), orders_.data());
  int done = 0;
  sim_.workers().run(threads, [&](int number, int) {
    for (int e = number; orders == nullptr && e < settings_.epochs; e += threads) {
      shuffle(e, orders_.data() + static_cast<long>(e) * size);
    }
    barrier_.wait();
    for (int b = number; b < total; b += threads) {
      const int epoch = b / per_epoch, from = b % per_epoch * settings_.minibatch;
      Minibatch& batch = batches[static_cast<std::size_t>(b)];
      batch = minibatch(orders_.data() + static_cast<long>(epoch) * size + from,
                        std::min(settings_.minibatch, size - from));
      weigh(batch);
    }
    for (int b = 0; b < total; ++b) {
      barrier_.wait();
      const Minibatch& batch = batches[static_cast<std::size_t>(b)];
      const int rows = share_rows(batch.rows, static_cast<int>(shares_.size()));
      if (number == 0) used_shares_ = (batch.rows + rows - 1) / rows;
      run_shares(batch, number, threads);
      barrier_.wait();
      run_sums(number, threads);
      if (number == 0) add_up(batch, figures);
      barrier_.wait();
      if (number == 0) {
        figures.actor_norm += norm_of(0);
        figures.critic_norm += norm_of(1);
        if (figures.fault.what == Fault::kNothing) check_gradient(figures);
      }
      if (!std::isfinite(norm_of(0) + norm_of(1)) || faulty()) break;
      run_descent(rate, number, threads);
      barrier_.wait();
      // Each thread turns some of the second layers' rows; the next minibatch waits for all.
      if (number == 0) ++actor.adam_steps, ++critic.adam_steps, ++done;
      if (number == 0) actor.turn();
      if (number == threads - 1) critic.turn();
    }
  });
  const double count = std::max(done, 1);
  figures.policy_loss /= count;
  figures.value_loss /= count;
  figures.actor_norm /= count;
  figures.critic_norm /= count;
  figures.update_s = now_s() - began;
}

/// Whether a share of the minibatch met a number that is none: all threads find the same.
bool Learner::faulty() const {
  return std::any_of(shares_.begin(), shares_.begin() + used_shares_,
                     [](const Share& share) { return share.bad_row >= 0; });
}

}  // namespace training
