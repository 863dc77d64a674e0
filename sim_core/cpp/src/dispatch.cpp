// SPDX-License-Identifier: Apache-2.0
/// Which instruction sets are compiled in, and which of them this machine runs.
#include <cstring>
#include <vector>

#include "sim_core/kernel.hpp"

namespace sim_core {

#if defined(SIM_CORE_WIDE)
namespace avx512 {
extern const List<Kernel> kernels;
}
namespace avx2 {
extern const List<Kernel> kernels;
}
#endif
namespace baseline {
extern const List<Kernel> kernels;
}
namespace scalar {
extern const List<Kernel> kernels;
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

List<const TaskInfo*> tasks() {
  static const std::vector<const TaskInfo*> all = [] {
    std::vector<const TaskInfo*> found;
    for (const Kernel& kernel : scalar::kernels) found.push_back(kernel.task);
    return found;
  }();
  return {all.data(), static_cast<int>(all.size())};
}

const TaskInfo* find_task(const char* name) {
  for (const TaskInfo* task : tasks()) {
    if (std::strcmp(task->name, name) == 0) return task;
  }
  return nullptr;
}

std::vector<const Kernel*> kernels(const TaskInfo& task) {
  std::vector<const Kernel*> found;
  for (const List<Kernel>& isa : {
#if defined(SIM_CORE_WIDE)
           avx512::kernels, avx2::kernels,
#endif
           baseline::kernels, scalar::kernels}) {
    for (const Kernel& kernel : isa) {
      if (std::strcmp(kernel.task->name, task.name) == 0) found.push_back(&kernel);
    }
  }
  return found;
}

bool runs_here(const Kernel& kernel) {
#if defined(SIM_CORE_WIDE)
  __builtin_cpu_init();
  if (std::strcmp(kernel.name, "avx512") == 0) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("fma");
  }
  if (std::strcmp(kernel.name, "avx2") == 0) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  }
#else
  (void)kernel;
#endif
  return true;
}

}  // namespace sim_core
