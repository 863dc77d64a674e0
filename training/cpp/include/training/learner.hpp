// SPDX-License-Identifier: Apache-2.0
/// Proximal policy optimisation on all cores: rollout, advantages, update. training/ppo.py is the
/// same in torch, and the tests hold this to it.
#pragma once

#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "sim_core/vec_sim.hpp"
#include "training/barrier.hpp"
#include "training/kernel.hpp"

namespace training {

/// Floats that begin on a cache line.
class Lines {
 public:
  Lines() = default;
  explicit Lines(std::size_t count)
      : data_(new (std::align_val_t{64}) float[count + kLine]()), count_(count) {}
  float* data() const { return data_.get(); }
  std::size_t size() const { return count_; }

 private:
  struct Free {
    void operator()(float* data) const { ::operator delete[](data, std::align_val_t{64}); }
  };
  std::unique_ptr<float[], Free> data_;
  std::size_t count_ = 0;
};

struct Settings {
  int horizon = 32, epochs = 2, minibatch = 2048;
  std::vector<float> discounts;  ///< of each drone
  float trace = 0.95f, clip = 0.2f, entropy = 0.0f;
  float max_gradient_norm = 1.0f, min_log_std = -3.0f;
  double keep_mean = 0.9, keep_square = 0.999, epsilon = 1e-5;  ///< of Adam
  std::uint32_t seed = 0;
};

/// As in `Scales` and `Exploration`, owned.
struct Ranges {
  std::vector<float> observation_offset, observation_scale, privileged_offset, privileged_scale;
  std::vector<float> command_center, command_half_range;
};

/// A number that is none, and who made it. The run stops before it reaches a weight.
struct Fault {
  enum What {
    kNothing,
    kObservation,
    kAction,
    kValue,
    kReward,
    kPolicyLoss,
    kValueLoss,
    kGradient
  };
  int what = kNothing;
  int environment = -1;
  long tick = 0;       ///< control step within the rollout
  int entry = -1;      ///< of the observation and then the privileged one
  std::string tensor;  ///< of the gradient
};

struct Figures {
  double policy_loss = 0.0, value_loss = 0.0, actor_norm = 0.0, critic_norm = 0.0;
  double physics_s = 0.0, inference_s = 0.0, update_s = 0.0;  ///< mean over threads
  Fault fault;
};

/// A network, its gradient, and the state of its optimiser.
struct Half {
  explicit Half(const Network& shape);
  Weights weights() const { return {shape, flat.data(), across.data()}; }
  void turn();  ///< refreshes `across`

  Network shape;
  Lines flat, gradient, mean, square, across;
  long adam_steps = 0;
};

class Learner {
 public:
  Learner(sim_core::VecSim& sim, const Settings& settings, const Ranges& ranges,
          const Network& actor, const Network& critic, const std::string& isa);
  ~Learner();

  /// Flies a horizon with exploration noise, and estimates advantages.
  void collect(Figures& figures);
  /// `orders`: (epochs, samples) or null for drawn ones.
  void update(float rate, const std::uint32_t* orders, Figures& figures);
  /// Gradients of one minibatch, which change no weight.
  void differentiate(const std::uint32_t* order, int rows, Figures& figures);
  /// Environment and actor alone; nothing is kept.
  void fly(int steps, Figures& figures);

  int samples() const { return settings_.horizon * sim_.num_drones(); }
  const char* isa() const { return kernel_->name; }

  Half actor, critic;
  std::uint32_t tick = 0;  ///< control steps since the run began: what noise is drawn by
  long stride = 0;         ///< of an input row: observation, 1, privileged, zeros
  Lines inputs, actions, log_probs, rewards, counts, values, advantages, returns, weights;

 private:
  struct Thread;
  void collect_rows(Thread& thread, const sim_core::Work& first, int begin, int end);
  void fly_rows(Thread& thread, const sim_core::Work& first, int steps, int begin, int end);
  bool step_rows(Thread& thread, const sim_core::Work& work, int t, int begin, int end);
  void note_final(Thread& thread, const sim_core::Work& work, int t, int begin, int end);
  bool see(Thread& thread, const Scales& scales, const float* observation, const float* privileged,
           int first, int rows, float* out, std::uint32_t at);
  void shuffle(int epoch, std::uint32_t* order) const;
  Minibatch minibatch(const std::uint32_t* order, int rows) const;
  void weigh(Minibatch& batch) const;
  void run_shares(const Minibatch& batch, int number, int threads);
  void run_sums(int number, int threads);
  void add_up(const Minibatch& batch, Figures& figures);
  double norm_of(int half) const;
  void run_descent(float rate, int number, int threads);
  bool check_gradient(Figures& figures) const;
  bool faulty() const;
  void gather_faults(Figures& figures);
  void weigh_kinds();

  sim_core::VecSim& sim_;
  Settings settings_;
  Ranges ranges_;
  Scales scales_;
  const Kernel* kernel_;
  std::vector<std::unique_ptr<Thread>> threads_;
  std::vector<Lines> share_memory_;
  std::vector<Share> shares_;
  std::vector<double> squares_[2];
  std::vector<std::uint32_t> orders_;
  std::vector<std::int32_t> kinds_;
  Lines commands_;
  Barrier barrier_;
  int used_shares_ = 0;
};

/// The kernel of that name, or the widest that runs here for "auto".
const Kernel* choose_kernel(const std::string& isa);

}  // namespace training
