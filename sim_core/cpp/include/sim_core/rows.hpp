// SPDX-License-Identifier: Apache-2.0
/// Between lanes and rows: the core computes with one drone a lane, numpy reads one drone a row.
#pragma once

#include <cstring>

#include "sim_core/lanes.hpp"

namespace sim_core::SIM_CORE_ISA {

constexpr int kLanes = SIM_CORE_LANES;

#if SIM_CORE_LANES > 1

/// Lower and upper halves of two registers, interleaved.
struct Zipped {
  Wide low, high;
};

inline Zipped zip(Wide a, Wide b) {
#if SIM_CORE_LANES == 4
  const WideInt low = {0, 4, 1, 5}, high = {2, 6, 3, 7};
#elif SIM_CORE_LANES == 8
  const WideInt low = {0, 8, 1, 9, 2, 10, 3, 11}, high = {4, 12, 5, 13, 6, 14, 7, 15};
#elif SIM_CORE_LANES == 16
  const WideInt low = {0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23};
  const WideInt high = {8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
#endif
#if defined(__clang__)
  Zipped out;
  for (int i = 0; i < kLanes; ++i) {
    out.low[i] = low[i] < kLanes ? a[low[i]] : b[low[i] - kLanes];
    out.high[i] = high[i] < kLanes ? a[high[i]] : b[high[i] - kLanes];
  }
  return out;
#else
  return {__builtin_shuffle(a, b, low), __builtin_shuffle(a, b, high)};
#endif
}

/// What each lane names the lane of, from another register.
inline Wide permuted(const Wide& a, const WideInt& from) {
#if defined(__clang__)
  Wide out;
  for (int i = 0; i < kLanes; ++i) out[i] = a[from[i] & (kLanes - 1)];
  return out;
#else
  return __builtin_shuffle(a, from);
#endif
}

/// Transposes a square of registers: a perfect shuffle for each bit of the lane's number.
inline void transpose(Wide square[kLanes]) {
  for (int stride = 1; stride < kLanes; stride *= 2) {
    Wide next[kLanes];
    for (int i = 0; i < kLanes / 2; ++i) {
      const Zipped pair = zip(square[i], square[i + kLanes / 2]);
      next[2 * i] = pair.low;
      next[2 * i + 1] = pair.high;
    }
    for (int i = 0; i < kLanes; ++i) square[i] = next[i];
  }
}

#else

inline void transpose(float[1]) {}

#endif

inline float permuted(float a, std::int32_t) { return a; }

/// Writes `Size` values that hold one drone a lane as `count` rows of `Size` numbers.
template <int Size>
inline void store_rows(const Wide* values, int count, float* rows, int stride) {
  constexpr int kWhole = Size < kLanes ? Size : kLanes;
  for (int begin = 0; begin < Size; begin += kLanes) {
    // The last square overlaps the one before it, so that every store is a whole register.
    const int first = begin + kLanes <= Size ? begin : Size - kWhole;
    Wide square[kLanes];
    for (int k = 0; k < kLanes; ++k) square[k] = values[first + (k < kWhole ? k : 0)];
    transpose(square);
    for (int i = 0; i < count; ++i) {
      std::memcpy(rows + i * stride + first, &square[i], kWhole * sizeof(float));
    }
  }
}

/// Writes one value that holds one drone a lane into a column of `count` rows.
inline void store_column(const Wide& value, int count, float* column, int stride) {
  float numbers[kLanes];
  std::memcpy(numbers, &value, sizeof numbers);
  for (int i = 0; i < count; ++i) column[i * stride] = numbers[i];
}

/// Seen as one array of Columns * kLanes numbers, rotates the bits of an entry's index by one place a
/// round; `Columns` and `Rotated`, which is two to the number of rounds, are powers of two.
template <int Columns, int Rotated>
inline void rotate_index(Wide values[Columns]) {
#if SIM_CORE_LANES > 1
  for (int round = 1; round < Rotated; round *= 2) {
    Wide next[Columns];
    for (int i = 0; i < Columns / 2; ++i) {
      const Zipped pair = zip(values[i], values[i + Columns / 2]);
      next[2 * i] = pair.low;
      next[2 * i + 1] = pair.high;
    }
    for (int i = 0; i < Columns; ++i) values[i] = next[i];
  }
#else
  (void)values;
#endif
}

/// Turns kLanes rows of `Columns` numbers, which lie one behind the other in `values`, into values that
/// hold one drone a lane.
template <int Columns>
inline void rows_to_lanes(Wide values[Columns]) {
  rotate_index<Columns, kLanes>(values);
}

/// The other way round.
template <int Columns>
inline void lanes_to_rows(Wide values[Columns]) {
  rotate_index<Columns, Columns>(values);
}

/// Reads rows of eight numbers, wherever they are, into values that hold one drone a lane.
inline void gather_rows8(const float* table, const std::int32_t starts[kLanes], Wide values[8]) {
#if SIM_CORE_LANES == 16
  // Two rows a register; through memory the wide load would wait for the narrow stores.
  for (int i = 0; i < 8; ++i) {
    const __m256 first = _mm256_loadu_ps(table + starts[2 * i]);
    const __m256 second = _mm256_loadu_ps(table + starts[2 * i + 1]);
    values[i] = _mm512_insertf32x8(_mm512_castps256_ps512(first), second, 1);
  }
#else
  for (int i = 0; i < kLanes; ++i) {
    std::memcpy(reinterpret_cast<float*>(values) + 8 * i, table + starts[i], 8 * sizeof(float));
  }
#endif
  rows_to_lanes<8>(values);
}

/// Reads `count` rows of four numbers into values that hold one drone a lane.
inline void load_rows4(const float* rows, int count, Wide values[4]) {
  if (count == kLanes) {
    std::memcpy(values, rows, 4 * sizeof(Wide));
  } else {
    std::memset(values, 0, 4 * sizeof(Wide));
    std::memcpy(values, rows, 4 * static_cast<std::size_t>(count) * sizeof(float));
  }
  rows_to_lanes<4>(values);
}

}  // namespace sim_core::SIM_CORE_ISA
