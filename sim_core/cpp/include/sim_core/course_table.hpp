// SPDX-License-Identifier: Apache-2.0
/// Race courses as numbers: what stands where, what a drone is told of it, what an episode draws anew.
/// Columns as GATE_COLUMNS and OBSTACLE_COLUMNS of sim_core/track_model.py.
#pragma once

#include <cstdint>
#include <vector>

namespace sim_core {

constexpr int kMostGates = 12;  ///< of a course that a policy trains or flies on
constexpr int kMostPoles = 6;
constexpr int kGateColumns = 12;
constexpr int kPoleColumns = 4;
constexpr int kStartColumns = 5;  ///< x, y, z, yaw, first gate

/// Half-widths of the uniform draws of an episode, about the course as it is told.
struct CourseDraws {
  float start_m[3] = {};
  float start_yaw_rad = 0.0f;
  float gate_m[3] = {};
  float gate_yaw_rad = 0.0f;
  float pole_m = 0.0f;
};

/// What is the same in all courses of a run.
struct CourseRules {
  CourseDraws draws;
  float room_low_m[3] = {}, room_high_m[3] = {};
  float sensing_range_m = 0.0f;  ///< horizontally; 0: the truth is known from the start
  std::int32_t laps = 1;         ///< 0: without end
  std::int32_t closed = 0;
  std::int32_t in_order = 0;  ///< drone i flies course i; else one is drawn each episode
};

/// What the instruction sets see of the courses: row-major, C courses of G gates and P poles.
struct CourseTable {
  CourseRules rules;
  std::int32_t count = 0, gates = 0, poles = 0;
  const float* told_gates = nullptr;  ///< (C, G, kGateColumns)
  const float* true_gates = nullptr;
  const float* told_poles = nullptr;  ///< (C, P, kPoleColumns)
  const float* true_poles = nullptr;
  const float* starts = nullptr;  ///< (C, kStartColumns)
};

/// Courses and the memory that they stand in.
struct Courses {
  CourseRules rules;
  int count = 0, gates = 0, poles = 0;
  std::vector<float> told_gates, true_gates, told_poles, true_poles, starts;

  CourseTable view() const {
    return {rules,
            count,
            gates,
            poles,
            told_gates.data(),
            true_gates.data(),
            told_poles.data(),
            true_poles.data(),
            starts.data()};
  }
};

}  // namespace sim_core
