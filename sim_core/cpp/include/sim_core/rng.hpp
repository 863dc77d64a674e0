// SPDX-License-Identifier: Apache-2.0
/// Counter-based random numbers: a draw is a function of (seed, drone, time, purpose) and of nothing
/// else, so it does not matter which thread or lane makes it. Hash: pcg4d (M. Jarzynski, M. Olano,
/// "Hash Functions for GPU Rendering", JCGT 9(3), 2020).
#pragma once

#include "sim_core/elementary.hpp"

namespace sim_core::SIM_CORE_ISA {

/// What a draw is for: part of the counter, so that no two purposes share numbers.
enum class Purpose : std::uint32_t {
  kParameters = 0,
  kStart = 64,
  kEstimate = 96,
  kReference = 128,
  kLink = 160,
  kWind = 192,
  kCourse = 224,
  kGyro = 288
};

template <class T>
struct Draw {
  Bits<T> a, b, c, d;
};

/// Where a stream of draws stands: which run, which drone, which tick of its own clock.
template <class T>
struct Counter {
  std::uint32_t seed;
  Bits<T> drone;
  Bits<T> tick;
};

template <class T>
inline Draw<T> draw(const Counter<T>& at, Purpose purpose, std::uint32_t slot) {
  const std::uint32_t multiplier = 1664525u, increment = 1013904223u;
  Bits<T> x = at.drone * multiplier + increment;
  Bits<T> y = at.tick * multiplier + increment;
  Bits<T> z = Bits<T>{} + (at.seed * multiplier + increment);
  Bits<T> w = Bits<T>{} + ((static_cast<std::uint32_t>(purpose) + slot) * multiplier + increment);
  for (int round = 0; round < 2; ++round) {
    x += y * w;
    y += z * x;
    z += x * y;
    w += y * z;
    if (round == 0) {
      x ^= x >> 16;
      y ^= y >> 16;
      z ^= z >> 16;
      w ^= w >> 16;
    }
  }
  return {x, y, z, w};
}

/// Uniform in (0, 1], 24 bits: the largest draw rounds up to 1.
template <class T>
inline T uniform(const Bits<T>& bits) {
  return madd(to_number(Int<T>(bits >> 8)), 5.9604644775390625e-8f, 2.98023223876953125e-8f);
}

constexpr int kNormals = 15;

/// Fifteen uncorrelated standard normals: sums of sixteen uniforms of 16 bits, each sum with signs of
/// its own, the rows of a Hadamard matrix (all but the first, whose mean is not zero). In whole
/// numbers, hence the same bits everywhere. By the central limit; what a sum of sixteen still lacks
/// is an excess kurtosis of -6/5/16 = -0.075, and values beyond 6.9 standard deviations.
template <class T>
inline void draw_normals(const Counter<T>& at, Purpose purpose, T out[kNormals]) {
  Int<T> sums[kNormals + 1];
  for (std::uint32_t half = 0; half < 2; ++half) {
    const Draw<T> bits = draw(at, purpose, half);
    const Bits<T> words[4] = {bits.a, bits.b, bits.c, bits.d};
    for (std::uint32_t i = 0; i < 4; ++i) {
      sums[8 * half + 2 * i] = Int<T>(words[i] & 0xffffu);
      sums[8 * half + 2 * i + 1] = Int<T>(words[i] >> 16);
    }
  }
  for (int stride = 1; stride <= kNormals; stride *= 2) {
    for (int i = 0; i <= kNormals; ++i) {
      if (i & stride) continue;
      const Int<T> a = sums[i], b = sums[i + stride];
      sums[i] = a + b;
      sums[i + stride] = a - b;
    }
  }
  // The variance of a uniform whole number below n is (n^2 - 1) / 12; of sixteen, 16 times that.
  constexpr float kPerSigma = 1.3214499e-5f;
  for (int i = 0; i < kNormals; ++i) out[i] = to_number(sums[i + 1]) * kPerSigma;
}

}  // namespace sim_core::SIM_CORE_ISA
