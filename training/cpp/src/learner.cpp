// SPDX-License-Identifier: Apache-2.0
#include "training/learner.hpp"

#include <algorithm>
#include <stdexcept>

#include "thread.hpp"

namespace training {
namespace {

void check(const Network& n, const char* name) {
  for (const int units : {n.first, n.second}) {
    if (units % kLine != 0 || units < kLine || units > kWidestLayer) {
      throw std::invalid_argument(std::string(name) +
                                  ": expected hidden widths of 16, 32, ... 256, got " +
                                  std::to_string(units));
    }
  }
  if (n.outputs < 1 || n.outputs > kMostOutputs) {
    throw std::invalid_argument(std::string(name) + ": expected 1 to 8 outputs, got " +
                                std::to_string(n.outputs));
  }
}

/// Shares of a minibatch. Their number is part of the result, so it does not follow the threads'.
constexpr int kShares = 16;

}  // namespace

const Kernel* choose_kernel(const std::string& isa) {
  int count = 0;
  const Kernel* const* all = kernels(&count);
  std::string names;
  for (int i = 0; i < count; ++i) {
    if (!runs_here(*all[i])) continue;
    if (isa == "auto" || isa == all[i]->name) return all[i];
    names += std::string(names.empty() ? "" : ", ") + all[i]->name;
  }
  throw std::invalid_argument("isa: expected auto or one of " + names + ", got " + isa);
}

Half::Half(const Network& network)
    : shape(network),
      flat(static_cast<std::size_t>(network.size())),
      gradient(flat.size()),
      mean(flat.size()),
      square(flat.size()),
      across(static_cast<std::size_t>(network.first) * static_cast<std::size_t>(network.second)) {}

void Half::turn() {
  const float* from = flat.data() + shape.second_at();
  for (int i = 0; i < shape.first; ++i) {
    for (int j = 0; j < shape.second; ++j) {
      across.data()[j * shape.first + i] = from[i * shape.second + j];
    }
  }
}

Learner::Learner(sim_core::VecSim& sim, const Settings& settings, const Ranges& ranges,
                 const Network& actor_shape, const Network& critic_shape, const std::string& isa)
    : actor(actor_shape),
      critic(critic_shape),
      sim_(sim),
      settings_(settings),
      ranges_(ranges),
      kernel_(choose_kernel(isa)),
      shares_(kShares),
      barrier_(sim.threads()) {
  check(actor_shape, "actor");
  check(critic_shape, "critic");
  scales_ = {static_cast<int>(ranges_.observation_scale.size()),
             static_cast<int>(ranges_.privileged_scale.size()),
             ranges_.observation_offset.data(),
             ranges_.observation_scale.data(),
             ranges_.privileged_offset.data(),
             ranges_.privileged_scale.data()};
  stride = whole_lines(scales_.observation + 1 + scales_.privileged);
  const auto size = static_cast<std::size_t>(samples());
  const auto drones = static_cast<std::size_t>(sim_.num_drones());
  const auto outputs = static_cast<std::size_t>(actor_shape.outputs);
  inputs = Lines((size + drones) * static_cast<std::size_t>(stride));
  actions = Lines(size * outputs);
  commands_ = Lines(drones * outputs);
  values = Lines(size + drones);
  for (Lines* lines : {&log_probs, &rewards, &counts, &advantages, &returns, &weights})
    *lines = Lines(size);
  std::fill_n(weights.data(), size, 1.0f);
  kinds_ = sim_.kinds();
  if (settings_.discounts.size() != drones) {
    throw std::invalid_argument("discounts: expected one for each drone");
  }
  orders_.resize(size * static_cast<std::size_t>(settings_.epochs));
  for (int i = 0; i < sim_.threads(); ++i) {
    threads_.push_back(std::make_unique<Thread>(actor_shape, critic_shape, stride));
  }
  for (Share& share : shares_) {
    share_memory_.emplace_back(actor.flat.size());
    share.actor = share_memory_.back().data();
    share_memory_.emplace_back(critic.flat.size());
    share.critic = share_memory_.back().data();
  }
}

Learner::~Learner() = default;

void Learner::gather_faults(Figures& figures) {
  for (const auto& thread : threads_) {
    const Fault& found = thread->fault;
    const bool earlier =
        figures.fault.what == Fault::kNothing || found.tick < figures.fault.tick ||
        (found.tick == figures.fault.tick && found.environment < figures.fault.environment);
    if (found.what != Fault::kNothing && earlier) figures.fault = found;
    thread->fault = {};
    figures.physics_s += thread->physics_s / static_cast<double>(threads_.size());
    figures.inference_s += thread->inference_s / static_cast<double>(threads_.size());
    thread->physics_s = thread->inference_s = 0.0;
  }
}

}  // namespace training
