// SPDX-License-Identifier: Apache-2.0
/// Counter-based random numbers: a draw is a function of (seed, drone, time, purpose) and of nothing
/// else, so it does not matter which thread or lane makes it. Hash: pcg4d (M. Jarzynski, M. Olano,
/// "Hash Functions for GPU Rendering", JCGT 9(3), 2020). Normals: Box and Muller.
#pragma once

#include "sim_core/elementary.hpp"

namespace sim_core::SIM_CORE_ISA {

/// What a draw is for: part of the counter, so that no two purposes share numbers.
enum class Purpose : std::uint32_t {
  kParameters = 0,
  kStart = 64,
  kEstimate = 96,
  kReference = 128
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
  return to_number(Int<T>(bits >> 8)) * 5.9604644775390625e-8f + 2.98023223876953125e-8f;
}

template <class T>
struct Pair {
  T first, second;
};

/// Two independent standard normals from two uniforms.
template <class T>
inline Pair<T> normal_pair(const Bits<T>& a, const Bits<T>& b) {
  const T radius = sqrt_of(T(log_of(uniform<T>(a)) * -2.0f));
  const SinCos<T> direction = sin_cos_of_turns(uniform<T>(b));
  return {radius * direction.cos, radius * direction.sin};
}

}  // namespace sim_core::SIM_CORE_ISA
