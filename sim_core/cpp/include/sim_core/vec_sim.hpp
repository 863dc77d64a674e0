// SPDX-License-Identifier: Apache-2.0
/// Many drones at once: owns their memory and buffers, picks the instruction set, shares out threads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim_core/kernel.hpp"
#include "sim_core/workers.hpp"
#include "sim_core/world_data.hpp"

namespace sim_core {

class VecSim {
 public:
  /// `isa`: "auto", or the name of one that this machine runs.
  VecSim(int num_drones, const TaskInfo& task, const VecSettings& settings, WorldData world,
         int threads, const std::string& isa);

  void start(std::uint32_t seed, bool staggered);
  void step(const float* commands);
  void fly(const float* commands);

  VecSettings& settings() { return settings_; }
  const TaskInfo& task() const { return task_; }
  int num_drones() const { return num_drones_; }
  int threads() const { return workers_.count(); }
  const char* isa() const { return kernel_->name; }
  std::size_t bytes_per_drone() const {
    return kernel_->block_bytes / static_cast<std::size_t>(kernel_->lanes) +
           told_bytes_ / static_cast<std::size_t>(num_drones_);
  }
  VecBuffers& buffers() { return work_.buffers; }

  /// For a learner that takes ranges of blocks through many steps by itself, on these threads.
  Workers& workers() { return workers_; }
  const Kernel& kernel() const { return *kernel_; }
  /// The first of `steps` control steps to come; whoever claims them runs the kernel on all.
  Work claim_steps(int steps, const float* commands) {
    Work first = work_;
    first.tick += 1;
    first.buffers.commands = commands;
    work_.tick += static_cast<std::uint32_t>(steps);
    return first;
  }
  /// Inline like the above: the learner is a module of its own, which shares no other code.
  std::vector<std::int32_t> kinds() const {
    std::vector<std::int32_t> out(static_cast<std::size_t>(num_drones_));
    kernel_->read_kinds(work_, out.data());
    return out;
  }

  std::vector<float> parameters() const;
  std::vector<std::int32_t> places() const;
  std::vector<double> take_reward_terms();

  /// All that the next step depends on but settings and paths; for this number of drones and this
  /// instruction set.
  void snapshot(std::uint8_t* to) const;
  std::size_t snapshot_bytes() const;
  /// Goes on from a snapshot, to the bit; throws std::invalid_argument on one of other drones.
  void restore(const std::uint8_t* bytes, std::size_t count);

 private:
  using Phase = void (*)(const Work&, int, int);
  void run(Phase phase);
  void share_worlds();
  float* numbers(int columns);
  template <class Visit>
  void visit_memory(const Visit& visit) const;

  int num_drones_;
  const TaskInfo& task_;
  VecSettings settings_;
  WorldData world_;
  const Kernel* kernel_;
  Workers workers_;
  Work work_;
  int num_blocks_;
  std::unique_ptr<void, void (*)(void*)> blocks_, told_;
  std::size_t told_bytes_;
  std::vector<std::vector<float>> arrays_;
  std::vector<std::uint8_t> terminated_, truncated_;
};

}  // namespace sim_core
