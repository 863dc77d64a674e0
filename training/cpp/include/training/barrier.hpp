// SPDX-License-Identifier: Apache-2.0
/// Where threads wait for each other within an update.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

namespace training {

/// Spins, then yields: on a busy machine whoever is waited for may have no core.
class Barrier {
 public:
  explicit Barrier(int count) : count_(count) {}

  void wait() {
    const std::uint32_t round = round_.load(std::memory_order_acquire);
    if (waiting_.fetch_add(1, std::memory_order_acq_rel) + 1 == count_) {
      waiting_.store(0, std::memory_order_relaxed);
      round_.fetch_add(1, std::memory_order_release);
      return;
    }
    for (int spins = 0; round_.load(std::memory_order_acquire) == round; ++spins) {
      if (spins > kSpins) std::this_thread::yield();
#if defined(__x86_64__)
      else
        __builtin_ia32_pause();
#endif
    }
  }

 private:
  static constexpr int kSpins = 2000;  ///< about 30 us, a few hundredths of a minibatch

  int count_;
  alignas(64) std::atomic<int> waiting_{0};
  alignas(64) std::atomic<std::uint32_t> round_{0};
};

}  // namespace training
