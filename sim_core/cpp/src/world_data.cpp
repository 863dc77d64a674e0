// SPDX-License-Identifier: Apache-2.0
#include "sim_core/world_data.hpp"

#include <stdexcept>
#include <utility>

namespace sim_core {

WorldData::WorldData(const TaskInfo& task, const std::vector<Path>& paths, Courses courses)
    : paths_(paths), courses_(std::move(courses)) {
  if (task.follows_paths && paths.empty()) {
    throw std::invalid_argument("references: expected at least one, got none");
  }
  if (!task.flies_courses) return;
  if (courses_.count < 1) throw std::invalid_argument("courses: expected at least one, got none");
  if (courses_.gates < 1 || courses_.gates > kMostGates) {
    throw std::invalid_argument("courses: expected 1 to " + std::to_string(kMostGates) +
                                " gates, got " + std::to_string(courses_.gates));
  }
  if (courses_.poles > kMostPoles) {
    throw std::invalid_argument("courses: expected at most " + std::to_string(kMostPoles) +
                                " poles, got " + std::to_string(courses_.poles));
  }
}

const TaskInfo& task_named(const std::string& name) {
  if (const TaskInfo* found = find_task(name.c_str())) return *found;
  std::string names;
  for (const TaskInfo* task : tasks())
    names += (names.empty() ? "" : ", ") + std::string(task->name);
  throw std::invalid_argument("task: expected one of " + names + ", got " + name);
}

}  // namespace sim_core
