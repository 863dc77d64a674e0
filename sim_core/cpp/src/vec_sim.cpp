// SPDX-License-Identifier: Apache-2.0
#include "sim_core/vec_sim.hpp"

#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <utility>

namespace sim_core {
namespace {

constexpr std::size_t kCacheLine = 64;

const Kernel* choose_kernel(const TaskInfo& task, const std::string& isa) {
  std::string names;
  for (const Kernel* kernel : kernels(task)) {
    if (!runs_here(*kernel)) continue;
    if (isa == "auto" || isa == kernel->name) return kernel;
    names += std::string(names.empty() ? "" : ", ") + kernel->name;
  }
  throw std::invalid_argument("isa: expected auto or one of " + names + ", got " + isa);
}

/// How many drones share a world: what the task's settings say, where it flies in worlds.
/// Throws std::invalid_argument on a number that does not fit.
int world_size_of(const TaskInfo& task, const VecSettings& settings, int num_drones) {
  int index = 0;
  for (const Setting& number : task.numbers) {
    if (std::strcmp(number.name, "world.drones") == 0) break;
    ++index;
  }
  if (index == task.numbers.count) return 1;
  const float given = settings.numbers[index];
  int size = kFewestInWorld;
  while (size < kMostInWorld && static_cast<float>(size) < given) size *= 2;
  if (static_cast<float>(size) != given) {
    throw std::invalid_argument("world.drones: expected a power of two from " +
                                std::to_string(kFewestInWorld) + " to " +
                                std::to_string(kMostInWorld) + ", got " + std::to_string(given));
  }
  if (num_drones % size != 0) {
    throw std::invalid_argument("num_drones: expected whole worlds of " + std::to_string(size) +
                                " (world.drones), got " + std::to_string(num_drones));
  }
  return size;
}

/// Begins a snapshot.
struct SnapshotHead {
  std::uint32_t seed, tick;
  std::int32_t num_drones, lanes;
};

std::unique_ptr<void, void (*)(void*)> allocate(std::size_t bytes) {
  const std::size_t whole = (bytes + kCacheLine - 1) / kCacheLine * kCacheLine;
  void* memory = std::aligned_alloc(kCacheLine, whole);
  if (memory == nullptr) throw std::bad_alloc();
  std::memset(memory, 0, whole);
  return {memory, std::free};
}

}  // namespace

VecSim::VecSim(int num_drones, const TaskInfo& task, const VecSettings& settings, WorldData world,
               int threads, const std::string& isa)
    : num_drones_(num_drones),
      task_(task),
      settings_(settings),
      world_(std::move(world)),
      kernel_(choose_kernel(task, isa)),
      workers_(threads),
      num_blocks_((num_drones + kernel_->lanes - 1) / kernel_->lanes),
      blocks_(allocate(static_cast<std::size_t>(num_blocks_) * kernel_->block_bytes)),
      told_(nullptr, std::free),
      told_bytes_(0),
      terminated_(static_cast<std::size_t>(num_drones)),
      truncated_(static_cast<std::size_t>(num_drones)) {
  work_.world = world_.view();
  work_.settings = &settings_;
  work_.blocks = blocks_.get();
  work_.num_drones = num_drones;
  VecBuffers& out = work_.buffers;
  out.observation = numbers(task_.observation_size);
  out.privileged = numbers(task_.privileged_size);
  out.final_observation = numbers(task_.observation_size);
  out.final_privileged = numbers(task_.privileged_size);
  out.reward = numbers(1);
  out.truth = numbers(13);
  out.estimate = numbers(13);
  out.terminated = terminated_.data();
  out.truncated = truncated_.data();
  share_worlds();
}

void VecSim::share_worlds() {
  Company& company = work_.company;
  company.world_size = world_size_of(task_, settings_, num_drones_);
  if (company.world_size == 1) return;
  const std::int32_t size = work_.world.references.formations.size;
  if (task_.follows_paths && size != company.world_size) {
    throw std::invalid_argument("formations: expected of " + std::to_string(company.world_size) +
                                " drones (world.drones), got " +
                                (size == 0 ? "none" : "of " + std::to_string(size)));
  }
  constexpr std::size_t kLine = kCacheLine / sizeof(float);
  const auto drones = static_cast<std::size_t>(num_blocks_ * kernel_->lanes);
  const std::size_t stride = (drones + kLine - 1) / kLine * kLine;
  company.stride = static_cast<std::int32_t>(stride);
  told_bytes_ = 2 * kToldColumns * stride * sizeof(float);
  told_ = allocate(told_bytes_);
  company.told[0] = static_cast<float*>(told_.get());
  company.told[1] = company.told[0] + kToldColumns * stride;
}

float* VecSim::numbers(int columns) {
  arrays_.emplace_back(static_cast<std::size_t>(num_drones_) * static_cast<std::size_t>(columns));
  return arrays_.back().data();
}

void VecSim::run(Phase phase) {
  // A thread takes whole worlds.
  const int size = work_.company.world_size, lanes = kernel_->lanes;
  const int blocks = size > lanes ? size / lanes : 1;
  workers_.run(num_blocks_ / blocks,
               [&](int begin, int end) { phase(work_, begin * blocks, end * blocks); });
}

void VecSim::start(std::uint32_t seed, bool staggered) {
  work_.seed = seed;
  work_.tick = 0;
  work_.staggered = staggered;
  run(kernel_->start);
}

void VecSim::step(const float* commands) {
  work_.tick += 1;
  work_.buffers.commands = commands;
  run(kernel_->step);
}

void VecSim::fly(const float* commands) {
  work_.tick += 1;
  work_.buffers.commands = commands;
  run(kernel_->fly);
}

std::vector<float> VecSim::parameters() const {
  std::vector<float> out(static_cast<std::size_t>(num_drones_) * kParameterCount);
  kernel_->read_parameters(work_, out.data());
  return out;
}

std::vector<std::int32_t> VecSim::places() const {
  std::vector<std::int32_t> out(static_cast<std::size_t>(num_drones_) * 2);
  kernel_->read_places(work_, out.data());
  return out;
}

/// Each piece of memory that a step reads and that a step has written.
template <class Visit>
void VecSim::visit_memory(const Visit& visit) const {
  visit(blocks_.get(), static_cast<std::size_t>(num_blocks_) * kernel_->block_bytes);
  if (told_bytes_ > 0) visit(told_.get(), told_bytes_);
  for (const auto& array : arrays_) {
    // A policy reads these two before the next step; the others are written by it.
    const bool read =
        array.data() == work_.buffers.observation || array.data() == work_.buffers.privileged;
    if (read) visit(const_cast<float*>(array.data()), array.size() * sizeof(float));
  }
}

std::size_t VecSim::snapshot_bytes() const {
  std::size_t size = sizeof(SnapshotHead);
  visit_memory([&](void*, std::size_t part) { size += part; });
  return size;
}

void VecSim::snapshot(std::uint8_t* to) const {
  const SnapshotHead head{work_.seed, work_.tick, num_drones_, kernel_->lanes};
  std::memcpy(to, &head, sizeof head);
  to += sizeof head;
  visit_memory([&](void* from, std::size_t part) {
    std::memcpy(to, from, part);
    to += part;
  });
}

void VecSim::restore(const std::uint8_t* bytes, std::size_t count) {
  SnapshotHead head{};
  const std::size_t size = snapshot_bytes();
  if (count >= sizeof head) std::memcpy(&head, bytes, sizeof head);
  if (count != size || head.num_drones != num_drones_ || head.lanes != kernel_->lanes) {
    throw std::invalid_argument("snapshot: expected " + std::to_string(size) + " bytes of " +
                                std::to_string(num_drones_) + " drones on " + kernel_->name +
                                ", got " + std::to_string(count) + " bytes");
  }
  work_.seed = head.seed;
  work_.tick = head.tick;
  const std::uint8_t* from = bytes + sizeof head;
  visit_memory([&](void* to, std::size_t part) {
    std::memcpy(to, from, part);
    from += part;
  });
}

std::vector<double> VecSim::take_reward_terms() {
  std::vector<double> sums(static_cast<std::size_t>(task_.terms.count), 0.0);
  kernel_->take_reward_terms(work_, sums.data());
  return sums;
}

}  // namespace sim_core
