// SPDX-License-Identifier: Apache-2.0
/// The memory that a world stands in: paths and courses.
#pragma once

#include <string>
#include <vector>

#include "sim_core/kernel.hpp"

namespace sim_core {

class WorldData {
 public:
  /// What a task needs, of which it gets no more: references, courses, or neither.
  /// Throws std::invalid_argument where something is missing or does not fit.
  WorldData(const TaskInfo& task, const std::vector<Path>& paths, Courses courses,
            Courses more_courses = {}, const Formations& formations = {});
  World view() const { return {paths_.view(), courses_.view(), more_courses_.view()}; }

 private:
  PathTable paths_;
  Courses courses_, more_courses_;
};

/// A task by its name; throws std::invalid_argument, naming those there are.
const TaskInfo& task_named(const std::string& name);

}  // namespace sim_core
