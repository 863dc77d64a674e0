// SPDX-License-Identifier: Apache-2.0
/// A task in flight: the observation and action code of the vectorised environment, for the drones
/// that one policy controls.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim_core/world_data.hpp"

namespace sim_core {

class TaskSession {
 public:
  virtual ~TaskSession() = default;

  virtual const TaskInfo& task() const = 0;
  virtual int count() const = 0;

  /// Forgets past commands and errors: as after a long hover at `hover`, the collective thrust [N], or
  /// what each motor is commanded.
  virtual void reset(float hover) = 0;

  /// Observations, (n, observation_size), of states (n, 13) at `row` control steps after the start.
  virtual void observe(const float* states, std::int32_t row, float* observation) = 0;

  /// Of a task that has several: what is asked of a drone from now on.
  virtual void take_role(int number, std::int32_t role) = 0;

  /// Limits outputs (n, 4) and remembers them as the commands that were sent.
  virtual void decode(const float* outputs, float* commands) = 0;

  /// Two numbers of the task for each drone, (n, 2); see Kernel::read_places.
  virtual void places(std::int32_t* out) const = 0;
};

/// Drone i follows path i, or flies course i, of the world. `groups`: numbers of drones, from the first
/// on, that see each other; who is in none sees nobody.
std::unique_ptr<TaskSession> make_session(const TaskInfo& task, WorldData world, int count,
                                          const CommandLimits& limits,
                                          const std::vector<int>& groups = {});

}  // namespace sim_core
