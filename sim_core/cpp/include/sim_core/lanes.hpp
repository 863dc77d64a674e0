// SPDX-License-Identifier: Apache-2.0
/// The number type of the physics: `float` or `double` for one drone, `Wide` for as many drones as
/// one vector register of the instruction set holds. Every header below this one is a template over
/// it, so the text of the physics exists once.
///
/// Each instruction set has a translation unit and, through SIM_CORE_ISA, a namespace of its own:
/// the linker can never hand a wide function to a narrow machine.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#ifndef SIM_CORE_ISA
#define SIM_CORE_ISA scalar
#define SIM_CORE_LANES 1
#endif

namespace sim_core::SIM_CORE_ISA {

#if SIM_CORE_LANES > 1
typedef float Wide __attribute__((vector_size(4 * SIM_CORE_LANES)));
typedef std::int32_t WideInt __attribute__((vector_size(4 * SIM_CORE_LANES)));
typedef std::uint32_t WideBits __attribute__((vector_size(4 * SIM_CORE_LANES)));
#else
using Wide = float;
#endif

/// What belongs to a number type: its mask, its 32-bit integers, and how many drones it holds.
template <class T>
struct Traits {
  using Mask = bool;
  using Int = std::int32_t;
  using Bits = std::uint32_t;
  static constexpr int lanes = 1;
};

#if SIM_CORE_LANES > 1
template <>
struct Traits<Wide> {
  using Mask = WideInt;
  using Int = WideInt;
  using Bits = WideBits;
  static constexpr int lanes = SIM_CORE_LANES;
};
#endif

template <class T>
using Mask = typename Traits<T>::Mask;
template <class T>
using Int = typename Traits<T>::Int;
template <class T>
using Bits = typename Traits<T>::Bits;

/// One value in every lane.
template <class T>
inline T splat(double value) {
  return T{} + static_cast<float>(value);
}
template <>
inline double splat<double>(double value) {
  return value;
}

template <class T>
inline T select(bool condition, const T& a, const T& b) {
  return condition ? a : b;
}
inline bool any(bool mask) { return mask; }
inline float sqrt_of(float x) { return __builtin_sqrtf(x); }
inline double sqrt_of(double x) { return __builtin_sqrt(x); }
inline std::int32_t truncate(float x) { return static_cast<std::int32_t>(x); }
inline float to_number(std::int32_t x) { return static_cast<float>(x); }
inline std::uint32_t bits_of(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}
inline float number_of(std::uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}
inline float lane(float x, int) { return x; }
inline bool lane(bool mask, int) { return mask; }
inline std::int32_t lane(std::int32_t x, int) { return x; }
inline void set_lane(float& x, int, float value) { x = value; }
inline void set_lane(std::int32_t& x, int, std::int32_t value) { x = value; }
inline void set_lane(bool& x, int, bool value) { x = value; }

#if SIM_CORE_LANES > 1
inline Wide select(WideInt mask, Wide a, Wide b) { return mask ? a : b; }
inline WideInt select(WideInt mask, WideInt a, WideInt b) { return mask ? a : b; }
/// Whether any lane is set, two lanes at a time.
inline bool any(WideInt mask) {
  std::uint64_t pairs[SIM_CORE_LANES / 2], found = 0;
  std::memcpy(pairs, &mask, sizeof pairs);
  for (std::uint64_t pair : pairs) found |= pair;
  return found != 0;
}
inline Wide sqrt_of(Wide x) {
  for (int i = 0; i < SIM_CORE_LANES; ++i) x[i] = __builtin_sqrtf(x[i]);
  return x;
}
inline WideInt truncate(Wide x) { return __builtin_convertvector(x, WideInt); }
inline Wide to_number(WideInt x) { return __builtin_convertvector(x, Wide); }
inline WideBits bits_of(Wide x) { return reinterpret_cast<WideBits>(x); }
inline Wide number_of(WideBits x) { return reinterpret_cast<Wide>(x); }
inline float lane(const Wide& x, int i) { return x[i]; }
inline std::int32_t lane(const WideInt& x, int i) { return x[i]; }
inline void set_lane(Wide& x, int i, float value) { x[i] = value; }
inline void set_lane(WideInt& x, int i, std::int32_t value) { x[i] = value; }
#endif

template <class T>
inline T min_of(const T& a, const T& b) {
  return select(a < b, a, b);
}
template <class T>
inline T max_of(const T& a, const T& b) {
  return select(a > b, a, b);
}

#if defined(__x86_64__) && SIM_CORE_LANES > 1
// The processor has these as one instruction, defined by the comparison above, which a compiler does
// not recognise in a vector.
#if SIM_CORE_LANES == 4
inline Wide min_of(const Wide& a, const Wide& b) { return _mm_min_ps(a, b); }
inline Wide max_of(const Wide& a, const Wide& b) { return _mm_max_ps(a, b); }
#elif SIM_CORE_LANES == 8
inline Wide min_of(const Wide& a, const Wide& b) { return _mm256_min_ps(a, b); }
inline Wide max_of(const Wide& a, const Wide& b) { return _mm256_max_ps(a, b); }
#elif SIM_CORE_LANES == 16
inline Wide min_of(const Wide& a, const Wide& b) { return _mm512_maskz_min_ps(0xffff, a, b); }
inline Wide max_of(const Wide& a, const Wide& b) { return _mm512_maskz_max_ps(0xffff, a, b); }
#endif
#endif

template <class T>
inline T clamp(const T& x, const T& low, const T& high) {
  return min_of(max_of(x, low), high);
}
template <class T>
inline T abs_of(const T& x) {
  return max_of(x, -x);
}

/// Number of the lane a value sits in: 0, 1, 2, ...
template <class T>
inline Int<T> lane_numbers() {
  Int<T> numbers{};
  for (int i = 0; i < Traits<T>::lanes; ++i) set_lane(numbers, i, i);
  return numbers;
}

}  // namespace sim_core::SIM_CORE_ISA
