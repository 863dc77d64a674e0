// SPDX-License-Identifier: Apache-2.0
/// Products of small matrices. A tile of the result stays in registers while the inner dimension
/// runs: each step loads a few registers of the right matrix and multiplies them by numbers of the
/// left. The order of additions depends on the inner dimension alone, so a row's result does not
/// depend on what is computed beside it.
#pragma once

#include "sim_core/lanes.hpp"

namespace training::SIM_CORE_ISA {

using sim_core::SIM_CORE_ISA::Wide;

constexpr int kLanes = SIM_CORE_LANES;

/// Registers of a tile: rows times columns, and what a step needs beside them, must fit 16 registers
/// (32 with AVX-512), and there must be enough of them to hide the latency of an addition.
#if SIM_CORE_LANES == 16
constexpr int kTileRows = 6, kTileColumns = 4;
#elif SIM_CORE_LANES == 8
constexpr int kTileRows = 6, kTileColumns = 2;
#else
constexpr int kTileRows = 5, kTileColumns = 2;
#endif

/// A register's worth of floats anywhere in memory.
typedef float Loose __attribute__((vector_size(4 * SIM_CORE_LANES), aligned(4), may_alias));

inline Wide load(const float* from) { return *reinterpret_cast<const Loose*>(from); }
inline void store(float* to, const Wide& value) { *reinterpret_cast<Loose*>(to) = value; }

/// The left matrix, by rows or across: entry (i, k) is at i * row + k * step.
struct Left {
  const float* data;
  long row, step;
};

/// Rows of whole registers.
struct Right {
  const float* data;
  long row;
};

/// What becomes of a sum: stored, added, or multiplied by the slope of tanh.
struct Store {
  void operator()(const Wide& sum, float* to, long) const { store(to, sum); }
};
struct Add {
  void operator()(const Wide& sum, float* to, long) const { store(to, load(to) + sum); }
};
struct TimesSlope {
  const float* activation;  ///< tanh, and its row
  long row;
  void operator()(const Wide& sum, float* to, long offset) const {
    const Wide h = load(activation + offset);
    store(to, sum - sum * (h * h));
  }
  TimesSlope at(long i, long j) const { return {activation + i * row + j, row}; }
};

template <int Rows, int Columns, class Finish>
inline void tile(const Left& left, const Right& right, int inner, float* out, long out_row,
                 const Finish& finish, long finish_row) {
  Wide sum[Rows][Columns] = {};
  for (int k = 0; k < inner; ++k) {
    const float* step = right.data + k * right.row;
    Wide factor[Columns];
#pragma GCC unroll 8
    for (int j = 0; j < Columns; ++j) factor[j] = load(step + j * kLanes);
#pragma GCC unroll 8
    for (int i = 0; i < Rows; ++i) {
      const float number = left.data[i * left.row + k * left.step];
#pragma GCC unroll 8
      for (int j = 0; j < Columns; ++j) sum[i][j] += factor[j] * number;
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < Columns; ++j) {
      finish(sum[i][j], out + i * out_row + j * kLanes, i * finish_row + j * kLanes);
    }
  }
}

inline Store moved(const Store& finish, long, long) { return finish; }
inline Add moved(const Add& finish, long, long) { return finish; }
inline TimesSlope moved(const TimesSlope& finish, long i, long j) { return finish.at(i, j); }
inline long row_of(const Store&) { return 0; }
inline long row_of(const Add&) { return 0; }
inline long row_of(const TimesSlope& finish) { return finish.row; }

/// The last rows, fewer than a whole tile.
template <int Rows, int Columns, class Finish>
inline void last_rows(int rows, const Left& left, const Right& right, int inner, float* out,
                      long out_row, const Finish& finish) {
  if (rows == Rows) {
    tile<Rows, Columns>(left, right, inner, out, out_row, finish, row_of(finish));
  } else if constexpr (Rows > 1) {
    last_rows<Rows - 1, Columns>(rows, left, right, inner, out, out_row, finish);
  }
}

template <int Columns, class Finish>
inline void strip(int rows, const Left& left, const Right& right, int inner, float* out,
                  long out_row, const Finish& finish) {
  int i = 0;
  for (; i + kTileRows <= rows; i += kTileRows) {
    tile<kTileRows, Columns>({left.data + i * left.row, left.row, left.step}, right, inner,
                             out + i * out_row, out_row, moved(finish, i, 0), row_of(finish));
  }
  if constexpr (kTileRows > 1) {
    last_rows<kTileRows - 1, Columns>(rows - i, {left.data + i * left.row, left.row, left.step},
                                      right, inner, out + i * out_row, out_row,
                                      moved(finish, i, 0));
  }
}

/// The last columns, fewer than a whole tile's.
template <int Columns, class Finish>
inline void last_columns(int registers, int rows, const Left& left, const Right& right, int inner,
                         float* out, long out_row, const Finish& finish) {
  if (registers == Columns) {
    strip<Columns>(rows, left, right, inner, out, out_row, finish);
  } else if constexpr (Columns > 1) {
    last_columns<Columns - 1>(registers, rows, left, right, inner, out, out_row, finish);
  }
}

/// `out` (rows, columns) from left (rows, inner) times right (inner, columns); columns are a multiple
/// of kLanes.
template <class Finish>
inline void product(int rows, int columns, int inner, const Left& left, const Right& right,
                    float* out, long out_row, const Finish& finish) {
  constexpr int kWhole = kTileColumns * kLanes;
  int j = 0;
  for (; j + kWhole <= columns; j += kWhole) {
    strip<kTileColumns>(rows, left, {right.data + j, right.row}, inner, out + j, out_row,
                        moved(finish, 0, j));
  }
  if constexpr (kTileColumns > 1) {
    last_columns<kTileColumns - 1>((columns - j) / kLanes, rows, left, {right.data + j, right.row},
                                   inner, out + j, out_row, moved(finish, 0, j));
  }
}

}  // namespace training::SIM_CORE_ISA
