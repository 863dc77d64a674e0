// SPDX-License-Identifier: Apache-2.0
/// Elementary functions from sums, products and `madd` alone, so that every instruction set returns
/// the same bits. Polynomials: Cephes single precision (S. Moshier, netlib.org/cephes),
/// about 2 units in the last place on the ranges named here.
#pragma once

#include <cmath>

#include "sim_core/madd.hpp"

namespace sim_core::SIM_CORE_ISA {

/// e to the x, for -80 < x < 80.
template <class T>
inline T exp_of(T x) {
  const T scaled = x * 1.44269504088896341f;
  const T rounding = select(scaled < 0.0f, splat<T>(-0.5), splat<T>(0.5));
  const Int<T> power = truncate(scaled + rounding);
  const T n = to_number(power);
  const T r = madd(n, 2.12194440e-4f, nmadd(n, 0.693359375f, x));
  T y = madd(r, 1.9875691500e-4f, 1.3981999507e-3f);
  y = madd(y, r, 8.3334519073e-3f);
  y = madd(y, r, 4.1665795894e-2f);
  y = madd(y, r, 1.6666665459e-1f);
  y = madd(y, r, 5.0000001201e-1f);
  y = madd(y, T(r * r), r) + 1.0f;
  return y * number_of(Bits<T>((power + 127) << 23));
}
inline double exp_of(double x) { return std::exp(x); }

/// 1 / sqrt(x) to 5 millionths, for normal x > 0; finite at 0. A first guess from the halved exponent
/// (C. Lomont, "Fast inverse square root", 2003), then two of Newton's steps.
template <class T>
inline T inverse_root_of(const T& x) {
  T y = number_of(Bits<T>(0x5f375a86u - (bits_of(x) >> 1)));
  const T half = x * 0.5f;
  y = y * nmadd(T(half * y), y, 1.5f);
  return y * nmadd(T(half * y), y, 1.5f);
}
inline double inverse_root_of(double x) { return 1.0 / std::sqrt(x > 1e-38 ? x : 1e-38); }

template <class T>
struct SinCos {
  T sin, cos;
};

/// Sine and cosine of 2 pi `turns`, for |turns| < 1e5.
template <class T>
inline SinCos<T> sin_cos_of_turns(T turns) {
  const T quarters = turns * 4.0f;
  const T rounding = select(quarters < 0.0f, splat<T>(-0.5), splat<T>(0.5));
  const Int<T> quadrant = truncate(quarters + rounding);
  const T x = (quarters - to_number(quadrant)) * 1.57079632679489662f;  // in [-pi/4, pi/4]
  const T x2 = x * x;
  T s = madd(x2, -1.9515295891e-4f, 8.3321608736e-3f);
  s = madd(s, x2, -1.6666654611e-1f);
  s = madd(s, T(x2 * x), x);
  T c = madd(x2, 2.443315711809948e-5f, -1.388731625493765e-3f);
  c = madd(c, x2, 4.166664568298827e-2f);
  c = madd(c, T(x2 * x2), nmadd(x2, 0.5f, 1.0f));
  const Mask<T> swap = (quadrant & 1) != 0;
  const T sine = select(swap, c, s);
  const T cosine = select(swap, s, c);
  return {select(Mask<T>((quadrant & 2) != 0), T(-sine), sine),
          select(Mask<T>(((quadrant + 1) & 2) != 0), T(-cosine), cosine)};
}

/// Sine and cosine of an angle [rad].
template <class T>
inline SinCos<T> sin_cos_of(T angle_rad) {
  return sin_cos_of_turns(T(angle_rad * 0.159154943091895336f));
}

}  // namespace sim_core::SIM_CORE_ISA
