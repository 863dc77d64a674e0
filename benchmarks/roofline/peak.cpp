// SPDX-License-Identifier: Apache-2.0
/// What this machine can do at best, on one core: multiplications and additions a second in the
/// widest registers, each an instruction of its own, and bytes a second copied within a cache of
/// the core's size.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#ifndef LANES
#define LANES 8
#endif
typedef float Wide __attribute__((vector_size(4 * LANES)));

namespace {

double now() {
  using clock = std::chrono::steady_clock;
  return std::chrono::duration<double>(clock::now().time_since_epoch()).count();
}

/// Twelve independent chains: enough for any latency.
double operations_per_s() {
  constexpr int kChains = 12, kRounds = 2000000;
  Wide x[kChains];
  for (int i = 0; i < kChains; ++i) x[i] = Wide{} + static_cast<float>(i);
  double best = 0.0;
  for (int attempt = 0; attempt < 7; ++attempt) {
    const double began = now();
    for (int round = 0; round < kRounds; ++round) {
#pragma GCC unroll 12
      for (int i = 0; i < kChains; ++i) x[i] = x[i] * 0.999f + 0.001f;
    }
    const double rate = 2.0 * kChains * LANES * kRounds / (now() - began);
    best = rate > best ? rate : best;
  }
  float sum = 0.0f;
  for (const Wide& chain : x) sum += chain[0];
  volatile float sink = sum;
  (void)sink;
  return best;
}

/// Bytes read and written a second by a pass over `bytes` of memory that adds to each number.
double bytes_per_s(std::size_t bytes) {
  std::vector<float> memory(bytes / sizeof(float), 1.0f);
  double best = 0.0;
  for (int attempt = 0; attempt < 200; ++attempt) {
    const double began = now();
    for (float& number : memory) number += 1.0f;
    asm volatile("" ::"r"(memory.data()) : "memory");
    const double rate = 2.0 * static_cast<double>(bytes) / (now() - began);
    best = rate > best ? rate : best;
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t bytes = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1u << 20;
  std::printf("%.6g %.6g\n", operations_per_s(), bytes_per_s(bytes));
  return 0;
}
