// SPDX-License-Identifier: Apache-2.0
/// tanh as x P(x^2) / Q(x^2). Coefficients: our own least-squares fit with Lawson's weights on
/// |x| <= 9, relative error 2.1e-8 before rounding; tests/unit/test_native.py
/// measures it after. Behind 9 it is 1 in
/// single precision.
#pragma once

#include "sim_core/lanes.hpp"

namespace sim_core::SIM_CORE_ISA {

template <class T>
inline T tanh_of(T x) {
  const T high = splat<T>(9.0), low = splat<T>(-9.0);
  // Written so that what is no number stays none.
  x = x > high ? high : x;
  x = x < low ? low : x;
  const T u = x * x;
  T p = u * 1.33546364e-8f + 2.06090764e-5f;
  p = p * u + 3.49558838e-3f;
  p = p * u + 0.133810261f;
  p = p * u + 0.999999979f;
  T q = u * 7.77655152e-7f + 3.28563478e-4f;
  q = q * u + 0.0258769838f;
  q = q * u + 0.467143417f;
  q = q * u + 1.0f;
  return x * p / q;
}

}  // namespace sim_core::SIM_CORE_ISA
