// SPDX-License-Identifier: Apache-2.0
/// Which instruction sets are compiled in, and which of them this machine runs.
#include <cstring>

#include "sim_core/kernel.hpp"

namespace sim_core {

#if defined(__x86_64__)
namespace avx512 {
extern const Kernel kernel;
}
namespace avx2 {
extern const Kernel kernel;
}
#endif
namespace baseline {
extern const Kernel kernel;
}
namespace scalar {
extern const Kernel kernel;
}

const char* const kParameterNames[kParameterCount] = {"mass_kg",
                                                      "inertia_x_kg_m2",
                                                      "inertia_y_kg_m2",
                                                      "inertia_z_kg_m2",
                                                      "arm_component_m",
                                                      "torque_per_thrust_m",
                                                      "thrust_max_n",
                                                      "thrust_gain",
                                                      "motor_gain_1",
                                                      "motor_gain_2",
                                                      "motor_gain_3",
                                                      "motor_gain_4",
                                                      "trim_torque_x_n_m",
                                                      "trim_torque_y_n_m",
                                                      "trim_torque_z_n_m",
                                                      "rotor_lag_up_s",
                                                      "rotor_lag_down_s",
                                                      "rotor_dead_time_s",
                                                      "drag_across_n_s_m",
                                                      "drag_along_n_s_m",
                                                      "link_delay_s",
                                                      "attitude_bias_x_rad",
                                                      "attitude_bias_y_rad",
                                                      "battery_charge",
                                                      "battery_capacity_c",
                                                      "battery_resistance_ohm",
                                                      "battery_current_a_per_n15",
                                                      "battery_volts_0",
                                                      "battery_volts_1",
                                                      "battery_volts_2",
                                                      "battery_volts_3",
                                                      "motor_volts_to_n_0",
                                                      "motor_volts_to_n_1",
                                                      "motor_volts_to_n_2",
                                                      "motor_volts_to_n_3",
                                                      "rate_pitch_roll_kp",
                                                      "rate_pitch_roll_ki",
                                                      "rate_pitch_roll_kd",
                                                      "rate_yaw_kp",
                                                      "rate_yaw_ki",
                                                      "rate_yaw_kd",
                                                      "center_of_mass_x_m",
                                                      "center_of_mass_y_m",
                                                      "rotor_inertia_kg_m2",
                                                      "rotor_thrust_n_per_rad2_s2",
                                                      "rotor_radius_m",
                                                      "ground_effect",
                                                      "downwash",
                                                      "wind_x_m_s",
                                                      "wind_y_m_s",
                                                      "wind_z_m_s",
                                                      "gust_m_s",
                                                      "gust_time_s",
                                                      "pwm_firmware",
                                                      "link_jitter_s",
                                                      "link_loss",
                                                      "estimate_lag_s"};

const char* const kTrackRewardTermNames[kTrackRewardTerms] = {
    "distance",   "precision", "velocity", "body_rate", "heading",
    "smoothness", "overshoot", "effort",   "crash"};

const Kernel* const* kernels(int* count) {
  static const Kernel* const all[] = {
#if defined(__x86_64__)
      &avx512::kernel, &avx2::kernel,
#endif
      &baseline::kernel, &scalar::kernel};
  *count = static_cast<int>(sizeof all / sizeof all[0]);
  return all;
}

bool runs_here(const Kernel& kernel) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (std::strcmp(kernel.name, "avx512") == 0) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
  }
  if (std::strcmp(kernel.name, "avx2") == 0) return __builtin_cpu_supports("avx2");
#else
  (void)kernel;
#endif
  return true;
}

}  // namespace sim_core
