// SPDX-License-Identifier: Apache-2.0
/// Paths laid out for reading: one short row for a goal, one stretch of memory for a preview.
#pragma once

#include <cstdint>
#include <vector>

namespace sim_core {

constexpr int kPreviewPoints = 10;  ///< the present and nine instants ahead
constexpr int kPreviewStride = 5;   ///< control steps between them: half a second in all
constexpr int kPreviewSize = 3 * kPreviewPoints;

/// A register that holds five points reads one number more, a preview without its first point three.
constexpr int kReadBeyond = 6;

/// A path as (M, 4) row-major samples.
struct Path {
  std::vector<float> rows;
};

constexpr int kGoalSize = 8;  ///< x, y, z, velocity in W, cosine and sine of the yaw

/// Paths that belong together: from `first` on, `size` at a time, one for each drone of a world; all
/// are of one length and flown again and again.
struct Formations {
  std::int32_t first = 0, size = 0;
  std::int32_t in_order = 0;  ///< world i flies formation i; else one is drawn for it
};

/// What the instruction sets see of a table.
struct ReferenceTable {
  const float* goals = nullptr;  ///< (rows, kGoalSize); each path has one more row, where it ends
  /// Triples x, y, z. Those kPreviewStride rows apart lie side by side, so that a preview is read
  /// whole; a path has a stretch of them for each remainder of the row's number.
  const float* points = nullptr;
  const std::int32_t* first = nullptr;
  const std::int32_t* last = nullptr;
  const std::int32_t* ahead = nullptr;
  std::int32_t count = 0;
  Formations formations;
};

class PathTable {
 public:
  explicit PathTable(const std::vector<Path>& paths, const Formations& formations = {});
  ReferenceTable view() const;

 private:
  void add_goals(const Path& path);
  void add_points(const Path& path);

  Formations formations_;
  std::vector<float> goals_, points_;
  std::vector<std::int32_t> first_, last_, ahead_;
};

}  // namespace sim_core
