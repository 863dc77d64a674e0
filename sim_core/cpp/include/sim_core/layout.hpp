// SPDX-License-Identifier: Apache-2.0
/// What the entries of an observation are called and measured in. Manifests, networks and error
/// messages read this; observation.hpp fills the entries in this order.
#pragma once

namespace sim_core {

struct Field {
  const char* name;
  int size;
  const char* unit;
  const char* frame;
  float scale;  ///< entry * scale is of order one; 0: scaled by the range of what it is named after
};

constexpr int kPreviewPoints = 10;  ///< the present and nine instants ahead
constexpr int kPreviewStride = 5;   ///< control steps between them: half a second in all
constexpr int kHistoryLength = 2;   ///< past commands seen by a policy

/// H is the heading frame: W turned about z by the reference's yaw.
constexpr Field kTrackFields[] = {
    {"reference_now", 3, "m", "H", 2.0f},
    {"reference_ahead", 3 * (kPreviewPoints - 1), "m", "H", 1.0f},
    {"velocity", 3, "m/s", "H", 0.5f},
    {"rotation_HB", 9, "1", "H", 1.0f},
    {"body_rates", 3, "rad/s", "B", 0.2f},
    {"position_error_integral", 3, "m s", "H", 4.0f},
    {"past_commands", 4 * kHistoryLength, "N, rad/s", "B", 0.0f},
};
constexpr int kPreviewSize = 3 * kPreviewPoints;
constexpr int kBodyPartSize = 3 + 9 + 3 + 3 + 4 * kHistoryLength;
constexpr int kTrackObservationSize = kPreviewSize + kBodyPartSize;

/// What only the critic sees: the truth, and the parameters drawn for this drone.
constexpr Field kPrivilegedFields[] = {
    {"true_position_error", 3, "m", "H", 2.0f},
    {"true_velocity_error", 3, "m/s", "H", 0.5f},
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
constexpr int kPrivilegedMoving = 3 + 3 + 3 + 4 + 3 + 1;  ///< what changes within an episode
constexpr int kPrivilegedSize = 3 + 3 + 3 + 4 + 3 + 1 + 1 + 1 + 3 + 1 + 1 + 1 + 1 + 2;

}  // namespace sim_core
