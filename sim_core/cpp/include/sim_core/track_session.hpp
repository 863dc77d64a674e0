// SPDX-License-Identifier: Apache-2.0
/// The tracking task in flight: the observation and action code of the vectorised environment, for
/// the drones that one policy controls.
#pragma once

#include <vector>

#include "sim_core/action.hpp"
#include "sim_core/observation.hpp"
#include "sim_core/path_table.hpp"

namespace sim_core {

class TrackSession {
 public:
  /// One path a controlled drone.
  TrackSession(const std::vector<Path>& paths, const CommandLimits& limits);

  int count() const { return static_cast<int>(drones_.size()); }

  /// Forgets past commands and errors: as after a long hover at `hover_thrust_n`.
  void reset(float hover_thrust_n);

  /// Observations, (n, kTrackObservationSize), of states (n, 13) at `row` control steps after the
  /// start of the paths.
  void observe(const float* states, std::int32_t row, float* observation);

  /// Limits outputs (n, 4) and remembers them as the commands that were sent.
  void decode(const float* outputs, float* commands);

 private:
  struct Tracker {
    scalar::TrackMemory<float> memory;
    scalar::Place<float> place;
  };
  PathTable paths_;
  std::vector<Tracker> drones_;
  CommandLimits limits_;
};

}  // namespace sim_core
