// SPDX-License-Identifier: Apache-2.0
/// Holds madd and nmadd of one instruction set against the C library's fmaf, bit for bit: prints how
/// many results it compared, and the first that differs.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "sim_core/madd.hpp"
#include "sim_core/rows.hpp"

using namespace sim_core::SIM_CORE_ISA;

namespace {

constexpr int kRandom = 2'000'000;
long compared = 0;

bool same(float a, float b) { return bits_of(a) == bits_of(b) || (a != a && b != b); }

void compare(const char* what, float a, float b, float c, float found, float expected) {
  ++compared;
  if (same(found, expected)) return;
  std::printf("%s(%a, %a, %a) = %a, expected %a\n", what, static_cast<double>(a),
              static_cast<double>(b), static_cast<double>(c), static_cast<double>(found),
              static_cast<double>(expected));
  std::exit(1);
}

void check(const float a[kLanes], const float b[kLanes], const float c[kLanes]) {
  Wide x, y, z;
  std::memcpy(&x, a, sizeof x);
  std::memcpy(&y, b, sizeof y);
  std::memcpy(&z, c, sizeof z);
  const Wide sums = madd(x, y, z), differences = nmadd(x, y, z);
  for (int i = 0; i < kLanes; ++i) {
    compare("madd", a[i], b[i], c[i], lane(sums, i), std::fma(a[i], b[i], c[i]));
    compare("nmadd", a[i], b[i], c[i], lane(differences, i), std::fma(-a[i], b[i], c[i]));
  }
}

std::uint32_t state = 1;
std::uint32_t next() {  // xorshift, G. Marsaglia
  state ^= state << 13;
  state ^= state >> 17;
  return state ^= state << 5;
}

/// Any pattern of bits; or with an exponent near that of 1; or few bits set, so that sums are exact or
/// halfway between two floats.
float number(std::uint32_t kind) {
  const std::uint32_t bits = next();
  if (kind == 0) return number_of(bits);
  const std::uint32_t near_one = (bits & 0x807fffffu) | ((115u + (next() % 24u)) << 23);
  return number_of(kind == 1 ? near_one : near_one & (0xffffffffu << (next() % 24u)));
}

/// A third number that takes nearly all of the product away, or what is halfway at its end.
float against(float a, float b) {
  const std::uint32_t kind = next() % 4u;
  const float product = a * b;
  if (kind == 0) return -product;
  if (kind == 1) return -number_of(bits_of(product) + 1u);
  return std::ldexp(product, static_cast<int>(next() % 64u) - 32);
}

}  // namespace

int main() {
  const float inf = std::numeric_limits<float>::infinity();
  const float nasty[] = {0.0f,
                         -0.0f,
                         1.0f,
                         -1.0f,
                         0x1.000002p0f,
                         0x1.fffffep-1f,
                         3.0f,
                         0x1p-126f,
                         0x1p-149f,
                         -0x1p-149f,
                         0x1.8p-149f,
                         0x1.fffffcp-127f,
                         0x1p-24f,
                         0x1p-25f,
                         0x1p-75f,
                         0x1p-74f,
                         0x1p127f,
                         0x1.fffffep127f,
                         0x1.8p64f,
                         inf,
                         0x1.000002p-75f,
                         0x1.fffffcp-76f,
                         0x1.000004p-127f,
                         -inf,
                         NAN};
  float a[kLanes] = {}, b[kLanes] = {}, c[kLanes] = {};
  int at = 0;
  const auto put = [&](float x, float y, float z) {
    a[at] = x, b[at] = y, c[at] = z;
    at = (at + 1) % kLanes;
    if (at == 0) check(a, b, c);
  };
  for (float x : nasty) {
    for (float y : nasty) {
      for (float z : nasty) put(x, y, z);
    }
  }
  for (int i = 0; i < kRandom; ++i) {
    const float x = number(next() % 3u), y = number(next() % 3u);
    put(x, y, next() % 2u ? number(next() % 3u) : against(x, y));
  }
  check(a, b, c);
  std::printf("%ld equal\n", compared);
  return 0;
}
