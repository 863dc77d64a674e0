// SPDX-License-Identifier: Apache-2.0
/// Multiplication and addition in one, rounded once. The compiler is not allowed to fuse them: each
/// instruction set would choose its own. Where the text of the physics says `madd`, all of them do,
/// in one instruction where the processor has it, and to the same bits where it has not.
#pragma once

#include <type_traits>

#include "sim_core/lanes.hpp"

namespace sim_core::SIM_CORE_ISA {

inline float fused(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
inline double fused(double a, double b, double c) { return __builtin_fma(a, b, c); }

/// Of vectors lane by lane; the compiler makes one instruction of it where there is one.
template <class V>
inline V fused(const V& a, const V& b, const V& c) {
  V out = c;
  for (unsigned i = 0; i < sizeof(V) / sizeof(float); ++i)
    out[i] = __builtin_fmaf(a[i], b[i], c[i]);
  return out;
}

#if defined(__x86_64__)
#if SIM_CORE_LANES == 16
inline Wide fused(const Wide& a, const Wide& b, const Wide& c) { return _mm512_fmadd_ps(a, b, c); }
inline Wide minus_product(const Wide& a, const Wide& b, const Wide& c) {
  return _mm512_fnmadd_ps(a, b, c);
}
#elif SIM_CORE_LANES == 8
inline Wide fused(const Wide& a, const Wide& b, const Wide& c) { return _mm256_fmadd_ps(a, b, c); }
inline Wide minus_product(const Wide& a, const Wide& b, const Wide& c) {
  return _mm256_fnmadd_ps(a, b, c);
}
#elif SIM_CORE_LANES == 4 && !defined(__FMA__)
// Processors that have none: in double precision, where the product of two floats is exact. That takes
// several times as long as a product and a sum.
typedef double Pair __attribute__((vector_size(16)));
typedef std::int64_t PairInt __attribute__((vector_size(16)));

/// p + c rounded to odd, from their rounded `sum`: towards zero, then the last bit set where that lost
/// something. What is not finite stays as it is.
inline Pair rounded_to_odd(const Pair& sum, const Pair& p, const Pair& c) {
  const Pair kept = sum - p;
  const Pair error = (p - (sum - kept)) + (c - kept);  // D. Knuth's TwoSum: exact
  const PairInt away = sum * error < 0.0, inexact = error * error > 0.0;
  return reinterpret_cast<Pair>((reinterpret_cast<PairInt>(sum) + away) | (inexact & 1));
}

/// Lanes 0 and 1, and lanes 2 and 3.
struct Halves {
  Pair low, high;
};
inline Halves halves_of(__m128 x) { return {_mm_cvtps_pd(x), _mm_cvtps_pd(_mm_movehl_ps(x, x))}; }
inline Wide joined(const Halves& x) {
  return _mm_movelh_ps(_mm_cvtpd_ps(x.low), _mm_cvtpd_ps(x.high));
}

/// Halfway between two floats, where rounding twice could go wrong, all of a double's last 28 bits are
/// zero. Rounded to odd before, it is as if it had been rounded but once (S. Boldo, G. Melquiond,
/// "Emulation of a FMA and correctly rounded sums: proved algorithms using rounding to odd", IEEE
/// Trans. Computers 57(4), 2008).
inline Wide fused(const Wide& a, const Wide& b, const Wide& c) {
  const Halves x = halves_of(a), y = halves_of(b), z = halves_of(c);
  const Halves product = {x.low * y.low, x.high * y.high};
  Halves sum = {product.low + z.low, product.high + z.high};
  const WideInt last = reinterpret_cast<WideInt>(
      _mm_shuffle_ps(reinterpret_cast<__m128>(sum.low), reinterpret_cast<__m128>(sum.high), 0x88));
  const WideInt halfway = (last & 0x0fffffff) == 0;
  if (__builtin_expect(_mm_movemask_ps(reinterpret_cast<__m128>(halfway)) != 0, 0)) {
    sum.low = rounded_to_odd(sum.low, product.low, z.low);
    sum.high = rounded_to_odd(sum.high, product.high, z.high);
  }
  return joined(sum);
}
#endif
#endif

/// c - a b: the same of the opposite product.
template <class V>
inline V minus_product(const V& a, const V& b, const V& c) {
  return fused(V(-a), b, c);
}

/// A number as it is, or one for all lanes.
template <class T, class Number>
inline T in_lanes(const Number& x) {
  if constexpr (std::is_convertible_v<Number, T>) {
    return x;
  } else {
    return x - T{};
  }
}

/// a b + c, rounded once.
template <class T, class B, class C>
inline T madd(const T& a, const B& b, const C& c) {
  return fused(a, in_lanes<T>(b), in_lanes<T>(c));
}

/// c - a b, rounded once.
template <class T, class B, class C>
inline T nmadd(const T& a, const B& b, const C& c) {
  return minus_product(a, in_lanes<T>(b), in_lanes<T>(c));
}

}  // namespace sim_core::SIM_CORE_ISA
