// SPDX-License-Identifier: Apache-2.0
/// Elementary functions from additions and multiplications alone, so that every instruction set
/// returns the same bits. Polynomials: Cephes single precision (S. Moshier, netlib.org/cephes),
/// about 2 units in the last place on the ranges named here.
#pragma once

#include <cmath>

#include "sim_core/lanes.hpp"

namespace sim_core::SIM_CORE_ISA {

/// e to the x, for -80 < x < 80.
template <class T>
inline T exp_of(T x) {
  const T scaled = x * 1.44269504088896341f;
  const T rounding = select(scaled < 0.0f, splat<T>(-0.5), splat<T>(0.5));
  const Int<T> power = truncate(scaled + rounding);
  const T n = to_number(power);
  const T r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  T y = r * 1.9875691500e-4f + 1.3981999507e-3f;
  y = y * r + 8.3334519073e-3f;
  y = y * r + 4.1665795894e-2f;
  y = y * r + 1.6666665459e-1f;
  y = y * r + 5.0000001201e-1f;
  y = y * r * r + r + 1.0f;
  return y * number_of(Bits<T>((power + 127) << 23));
}
inline double exp_of(double x) { return std::exp(x); }

/// Natural logarithm, for normal x > 0.
template <class T>
inline T log_of(T x) {
  const Bits<T> bits = bits_of(x);
  T exponent = to_number(Int<T>((bits >> 23) & 0xffu) - 126);
  T m = number_of(Bits<T>((bits & 0x007fffffu) | 0x3f000000u));  // in [0.5, 1)
  const Mask<T> low = m < 0.707106781186547524f;
  exponent = select(low, T(exponent - 1.0f), exponent);
  m = select(low, T(m + m), m) - 1.0f;
  T y = m * 7.0376836292e-2f - 1.1514610310e-1f;
  y = y * m + 1.1676998740e-1f;
  y = y * m - 1.2420140846e-1f;
  y = y * m + 1.4249322787e-1f;
  y = y * m - 1.6668057665e-1f;
  y = y * m + 2.0000714765e-1f;
  y = y * m - 2.4999993993e-1f;
  y = y * m + 3.3333331174e-1f;
  const T square = m * m;
  y = y * m * square - exponent * 2.12194440e-4f - square * 0.5f;
  return m + y + exponent * 0.693359375f;
}

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
  T s = x2 * -1.9515295891e-4f + 8.3321608736e-3f;
  s = s * x2 - 1.6666654611e-1f;
  s = s * x2 * x + x;
  T c = x2 * 2.443315711809948e-5f - 1.388731625493765e-3f;
  c = c * x2 + 4.166664568298827e-2f;
  c = c * x2 * x2 - x2 * 0.5f + 1.0f;
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
