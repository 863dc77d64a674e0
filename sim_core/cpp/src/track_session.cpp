// SPDX-License-Identifier: Apache-2.0
#include "sim_core/track_session.hpp"

#include "sim_core/track.hpp"

namespace sim_core {

TrackSession::TrackSession(const std::vector<Path>& paths, const CommandLimits& limits)
    : paths_(paths), drones_(paths.size()), limits_(limits) {
  const ReferenceTable table = paths_.view();
  for (std::size_t i = 0; i < drones_.size(); ++i) {
    drones_[i].place = {table.first[i], table.last[i], table.first[i], table.ahead[i]};
  }
  reset(0.0f);
}

void TrackSession::reset(float hover_thrust_n) {
  for (Tracker& drone : drones_) {
    scalar::start_memory(drone.memory, scalar::Command<float>{hover_thrust_n, {0.0f, 0.0f, 0.0f}});
  }
}

void TrackSession::observe(const float* states, std::int32_t row, float* observation) {
  const ReferenceTable table = paths_.view();
  for (Tracker& drone : drones_) {
    const float* s = states;
    const scalar::Estimate<float> seen{
        {s[0], s[1], s[2]}, {s[3], s[4], s[5], s[6]}, {s[7], s[8], s[9]}, {s[10], s[11], s[12]}};
    drone.place.row = drone.place.first + row;
    const scalar::Spots<1> spots = scalar::spots_of(drone.place);
    const scalar::Goal<float> goal = scalar::goal_at<float>(table.goals, spots);
    if (row > 0) scalar::integrate_error(drone.memory, goal, seen);
    scalar::write_preview(table.points + spots.points[0], s, goal.cos_yaw, goal.sin_yaw,
                          observation);
    scalar::body_part(goal, seen, drone.memory, observation + kPreviewSize);
    states += 13;
    observation += kTrackObservationSize;
  }
}

void TrackSession::decode(const float* outputs, float* commands) {
  for (Tracker& drone : drones_) {
    const scalar::Command<float> command = scalar::limited(
        scalar::Command<float>{outputs[0], {outputs[1], outputs[2], outputs[3]}}, limits_);
    scalar::remember(drone.memory, command);
    commands[0] = command.thrust_n;
    commands[1] = command.w_B.x;
    commands[2] = command.w_B.y;
    commands[3] = command.w_B.z;
    outputs += 4;
    commands += 4;
  }
}

}  // namespace sim_core
