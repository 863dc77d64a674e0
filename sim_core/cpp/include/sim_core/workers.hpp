// SPDX-License-Identifier: Apache-2.0
/// Threads that stay: each call hands every one of them its share and waits for all.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sim_core {

/// Barriers are dear on virtual machines: a worker spins a little for the next call before it
/// sleeps, and there is one hand-out and one wait per call.
class Workers {
 public:
  /// `count` threads in all, the caller's among them.
  explicit Workers(int count);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  int count() const { return static_cast<int>(threads_.size()) + 1; }

  /// Splits 0..total into one contiguous range a thread and runs `job(begin, end)` on each.
  void run(int total, const std::function<void(int, int)>& job);

 private:
  void serve(int number);
  void work(int number) const;

  std::vector<std::thread> threads_;
  const std::function<void(int, int)>* job_ = nullptr;
  int total_ = 0;
  std::atomic<std::uint32_t> round_{0};
  std::atomic<int> pending_{0};
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
};

}  // namespace sim_core
