// SPDX-License-Identifier: Apache-2.0
/// The seam between the vectorised simulator and its instruction sets: plain data in, plain function
/// pointers out, nothing inline that a linker could take from the wrong translation unit.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sim_core/company.hpp"
#include "sim_core/course_table.hpp"
#include "sim_core/layout.hpp"
#include "sim_core/path_table.hpp"
#include "sim_core/settings.hpp"

namespace sim_core {

struct VecSettings {
  ParameterBox box;
  EstimateNoise noise;
  CommandLimits limits;
  std::int32_t max_steps = 512;      ///< control steps of an episode
  float numbers[kMostNumbers] = {};  ///< the task's own, in the order of its TaskInfo
};

/// What a task flies in.
struct World {
  ReferenceTable references;
  CourseTable courses;
  CourseTable more_courses;  ///< of another kind; a task may have two
};

/// Row-major arrays, one row a drone, shared with numpy.
struct VecBuffers {
  const float* commands = nullptr;  ///< (N, 4) as the policy put them out, of the task's `action`
  float* observation = nullptr;     ///< (N, TaskInfo::observation_size)
  float* privileged = nullptr;      ///< (N, TaskInfo::privileged_size)
  float* reward = nullptr;          ///< (N,)
  std::uint8_t* terminated = nullptr;  ///< (N,)
  std::uint8_t* truncated = nullptr;   ///< (N,)
  float* final_observation = nullptr;  ///< like observation; good where an episode ended
  float* final_privileged = nullptr;
  float* truth = nullptr;     ///< (N, 13)
  float* estimate = nullptr;  ///< (N, 13)
};

/// One call's worth of work; a range of blocks of it goes to each thread.
struct Work {
  const VecSettings* settings = nullptr;
  World world;
  Company company;
  VecBuffers buffers;
  void* blocks = nullptr;
  std::uint32_t seed = 0;
  std::uint32_t tick = 0;  ///< control steps since the run began
  std::int32_t num_drones = 0;
  bool staggered = false;  ///< start episodes at random ages
};

template <class T>
struct List {
  const T* first = nullptr;
  int count = 0;
  const T* begin() const { return first; }
  const T* end() const { return first + count; }
};

/// What a task is made of, by name.
struct TaskInfo {
  const char* name;
  List<Field> observation;
  List<Field> critic;  ///< seen by the critic alone, before kDroneFields
  List<Setting> numbers;
  List<const char*> terms;  ///< of the reward
  int observation_size;
  int privileged_size;      ///< critic and kDroneFields
  bool follows_paths;       ///< needs references
  bool flies_courses;       ///< needs courses
  const char* action;       ///< what its policies command: see action.hpp
  int step_substeps;        ///< physics steps from one command to the next
  int longest_delay_steps;  ///< physics steps that a command may be on its way
};

/// What an instruction set offers for a task. Ranges are in blocks of `lanes` drones, and of whole worlds.
struct Kernel {
  const char* name;  ///< of the instruction set
  const TaskInfo* task;
  int lanes;
  std::size_t block_bytes;
  /// Draws drones and starts; fills observation, privileged, truth and estimate.
  void (*start)(const Work&, int begin, int end);
  /// One control step of the task, with episodes that end and begin again.
  void (*step)(const Work&, int begin, int end);
  /// One control step of physics alone: commands in, truth and estimate out.
  void (*fly)(const Work&, int begin, int end);
  /// Parameters as drawn, (N, kParameterCount).
  void (*read_parameters)(const Work&, float* out);
  /// Adds each reward term's sum since the last call to `sums`, and clears it.
  void (*take_reward_terms)(const Work&, double* sums);
  /// Two numbers of the task for each drone: track, first and present row of its path; race, the next
  /// gate and how many were passed; swarm, its slot and how often slots were traded.
  void (*read_places)(const Work&, std::int32_t* out);
  /// Which kind of work each drone is given, of a task that mixes several.
  void (*read_kinds)(const Work&, std::int32_t* out);
};

/// Tasks compiled in: each header under tasks/ is one.
List<const TaskInfo*> tasks();
/// A task by its name, or nullptr.
const TaskInfo* find_task(const char* name);
/// A kernel for each instruction set compiled in, widest first; the last runs everywhere.
std::vector<const Kernel*> kernels(const TaskInfo& task);
/// Whether this machine can run the kernel.
bool runs_here(const Kernel& kernel);

}  // namespace sim_core
