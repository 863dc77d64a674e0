// SPDX-License-Identifier: Apache-2.0
/// What the entries of an observation are called and measured in. Manifests, networks and error
/// messages read this. Each task lists its own; what all have in common is here.
#pragma once

namespace sim_core {

struct Field {
  const char* name;
  int size;
  const char* unit;
  const char* frame;
  float scale;  ///< entry * scale is of order one; 0: scaled by the range of what it is named after
};

/// A number that a task's file has to give: `section.key`, and what it may be.
struct Setting {
  const char* name;
  float low, high;
};
constexpr float kAnyNumber = 3e38f;  ///< bound of a setting that may be anything

constexpr int kHistoryLength = 2;  ///< past commands seen by a policy

/// What the critic of any task sees beside the task's own: the drone's truth, and the parameters drawn
/// for it. drone_part.hpp fills it in this order.
constexpr Field kDroneFields[] = {
    {"true_body_rates", 3, "rad/s", "B", 0.2f},
    {"rotor_thrust", 4, "N", "B", 10.0f},
    {"rate_integral", 3, "deg", "B", 0.1f},
    {"motor_limit", 1, "N", "B", 10.0f},
    {"mass_kg", 1, "kg", "-", 0.0f},
    {"thrust_gain", 1, "1", "-", 0.0f},
    {"trim_torque_n_m", 3, "N m", "B", 0.0f},
    {"rotor_lag_up_s", 1, "s", "-", 0.0f},
    {"rotor_lag_down_s", 1, "s", "-", 0.0f},
    {"rotor_dead_time_s", 1, "s", "-", 0.0f},
    {"link_delay_s", 1, "s", "-", 0.0f},
    {"attitude_bias_rad", 2, "rad", "B", 0.0f},
};
constexpr int kDroneMoving = 3 + 4 + 3 + 1;  ///< what changes within an episode
constexpr int kDroneSize = kDroneMoving + 1 + 1 + 3 + 1 + 1 + 1 + 1 + 2;

template <int Count>
constexpr int size_of(const Field (&fields)[Count]) {
  int size = 0;
  for (const Field& field : fields) size += field.size;
  return size;
}
static_assert(size_of(kDroneFields) == kDroneSize, "drone_part.hpp fills these");

}  // namespace sim_core
