// SPDX-License-Identifier: Apache-2.0
#include "sim_core/world_data.hpp"

#include <stdexcept>
#include <utility>

namespace sim_core {

namespace {

void check(const Courses& courses) {
  if (courses.gates < 1 || courses.gates > kMostGates) {
    throw std::invalid_argument("courses: expected 1 to " + std::to_string(kMostGates) +
                                " gates, got " + std::to_string(courses.gates));
  }
  if (courses.poles > kMostPoles) {
    throw std::invalid_argument("courses: expected at most " + std::to_string(kMostPoles) +
                                " poles, got " + std::to_string(courses.poles));
  }
}

void check(const Formations& formations, const std::vector<Path>& paths) {
  const auto count = static_cast<std::int32_t>(paths.size());
  const std::int32_t left = count - formations.first;
  if (formations.size < 1 || left < formations.size || left % formations.size != 0 ||
      formations.first < 0) {
    throw std::invalid_argument("formations: expected whole ones of " +
                                std::to_string(formations.size) + " paths from number " +
                                std::to_string(formations.first) + " on, got " +
                                std::to_string(count) + " paths");
  }
  const std::size_t rows = paths[static_cast<std::size_t>(formations.first)].rows.size();
  for (auto i = static_cast<std::size_t>(formations.first); i < paths.size(); ++i) {
    if (paths[i].rows.size() != rows) {
      throw std::invalid_argument("formations: expected paths of one length, got " +
                                  std::to_string(paths[i].rows.size() / 4) + " rows beside " +
                                  std::to_string(rows / 4));
    }
  }
}

}  // namespace

WorldData::WorldData(const TaskInfo& task, const std::vector<Path>& paths, Courses courses,
                     Courses more_courses, const Formations& formations)
    : paths_(paths, formations),
      courses_(std::move(courses)),
      more_courses_(std::move(more_courses)) {
  if (task.follows_paths && paths.empty()) {
    throw std::invalid_argument("references: expected at least one, got none");
  }
  if (formations.size != 0) check(formations, paths);
  if (!task.flies_courses) return;
  if (courses_.count < 1) throw std::invalid_argument("courses: expected at least one, got none");
  check(courses_);
  if (more_courses_.count > 0) check(more_courses_);
}

const TaskInfo& task_named(const std::string& name) {
  if (const TaskInfo* found = find_task(name.c_str())) return *found;
  std::string names;
  for (const TaskInfo* task : tasks())
    names += (names.empty() ? "" : ", ") + std::string(task->name);
  throw std::invalid_argument("task: expected one of " + names + ", got " + name);
}

}  // namespace sim_core
