// SPDX-License-Identifier: Apache-2.0
#include "sim_core/path_table.hpp"

#include <algorithm>
#include <cmath>

#include "sim_core/elementary.hpp"
#include "sim_core/settings.hpp"

namespace sim_core {
namespace {

/// Nobody is asked to fly a jump: from this speed on, in all, a reference has none. Else drones would be
/// told to be fast, along whichever axis they jump least, at the instant of the jump.
/// Source: guess; half as fast again as the fastest reference, and a jump of a tenth of a metre.
constexpr float kJumpM_S = 5.0f;

std::int32_t rows_of(const Path& path) { return static_cast<std::int32_t>(path.rows.size() / 4); }

}  // namespace

PathTable::PathTable(const std::vector<Path>& paths, const Formations& formations)
    : formations_(formations) {
  for (const Path& path : paths) {
    add_goals(path);
    add_points(path);
  }
  points_.resize(points_.size() + kReadBeyond);
}

void PathTable::add_goals(const Path& path) {
  constexpr float kRate[3] = {0.0f, 1.0f / kControlStepS, 0.5f / kControlStepS};
  first_.push_back(static_cast<std::int32_t>(goals_.size() / kGoalSize));
  last_.push_back(first_.back() + rows_of(path) - 1);
  const std::int32_t last = rows_of(path) - 1;
  for (std::int32_t row = 0; row <= last + 1; ++row) {
    const std::int32_t before = std::clamp(row - 1, 0, last), after = std::min(row + 1, last);
    const float* now = &path.rows[4 * static_cast<std::size_t>(std::min(row, last))];
    goals_.insert(goals_.end(), now, now + 3);
    float v[3], square = 0.0f;
    for (int k = 0; k < 3; ++k) {
      v[k] = (path.rows[static_cast<std::size_t>(4 * after + k)] -
              path.rows[static_cast<std::size_t>(4 * before + k)]) *
             kRate[after - before];
      square += v[k] * v[k];
    }
    const bool jumps = !(square < kJumpM_S * kJumpM_S);
    for (const float speed : v) goals_.push_back(jumps ? 0.0f : speed);
    const scalar::SinCos<float> turn = scalar::sin_cos_of(now[3]);
    goals_.push_back(turn.cos);
    goals_.push_back(turn.sin);
  }
}

void PathTable::add_points(const Path& path) {
  const std::int32_t last = rows_of(path) - 1;
  ahead_.push_back(static_cast<std::int32_t>(points_.size()));
  for (std::int32_t begin = 0; begin < kPreviewStride; ++begin) {
    for (std::int32_t k = 0; k < last / kPreviewStride + kPreviewPoints; ++k) {
      const std::int32_t row = std::min(begin + k * kPreviewStride, last);
      const float* now = &path.rows[4 * static_cast<std::size_t>(row)];
      points_.insert(points_.end(), now, now + 3);
    }
  }
}

ReferenceTable PathTable::view() const {
  return {goals_.data(), points_.data(), first_.data(),
          last_.data(),  ahead_.data(),  static_cast<std::int32_t>(first_.size()),
          formations_};
}

}  // namespace sim_core
