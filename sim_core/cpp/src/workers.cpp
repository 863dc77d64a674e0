// SPDX-License-Identifier: Apache-2.0
#include "sim_core/workers.hpp"

#include <algorithm>
#include <chrono>

namespace sim_core {
namespace {

/// How long a worker spins for the next call. Source: benchmarks/core_speed.py; a step of a thousand
/// drones takes 0.1 ms, a policy's inference between two steps 0.3 ms.
constexpr std::chrono::microseconds kSpin{200};

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

Workers::Workers(int count) {
  for (int i = 1; i < std::max(count, 1); ++i) threads_.emplace_back([this, i] { serve(i); });
}

Workers::~Workers() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Workers::work(int number) const {
  const long share = total_, parts = static_cast<long>(threads_.size()) + 1;
  const int begin = static_cast<int>(share * number / parts);
  const int end = static_cast<int>(share * (number + 1) / parts);
  if (begin < end) (*job_)(begin, end);
}

void Workers::run(int total, const std::function<void(int, int)>& job) {
  job_ = &job;
  total_ = total;
  if (!threads_.empty()) {
    pending_.store(static_cast<int>(threads_.size()), std::memory_order_relaxed);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      round_.fetch_add(1, std::memory_order_release);
    }
    wake_.notify_all();
  }
  work(0);
  while (pending_.load(std::memory_order_acquire) != 0) relax();
}

void Workers::serve(int number) {
  std::uint32_t seen = 0;
  while (true) {
    const auto until = std::chrono::steady_clock::now() + kSpin;
    while (round_.load(std::memory_order_acquire) == seen && !stopping_ &&
           std::chrono::steady_clock::now() < until) {
      relax();
    }
    if (round_.load(std::memory_order_acquire) == seen) {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, [&] { return stopping_ || round_.load() != seen; });
    }
    if (stopping_) return;
    seen = round_.load(std::memory_order_acquire);
    work(number);
    pending_.fetch_sub(1, std::memory_order_release);
  }
}

}  // namespace sim_core
