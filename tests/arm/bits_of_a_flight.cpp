// SPDX-License-Identifier: Apache-2.0
/// Flies a few drones with every term of the model on and prints a checksum of all that comes out,
/// for each instruction set compiled in: the same text on any machine, or the bits are not the same.
#include <cstdio>
#include <cstring>

#include "sim_core/vec_sim.hpp"

namespace {

constexpr int kDrones = 37;     // a multiple of no register's width
constexpr int kInWorlds = 104;  // whole worlds of 8, of each kind
constexpr int kSteps = 200;

std::uint64_t added(std::uint64_t sum, const void* data, std::size_t bytes) {
  const auto* next = static_cast<const unsigned char*>(data);
  for (std::size_t i = 0; i < bytes; ++i) sum = (sum ^ next[i]) * 1099511628211ull;  // FNV-1a
  return sum;
}

int index_of(const char* name) {
  for (int i = 0; i < sim_core::kParameterCount; ++i) {
    if (std::strcmp(sim_core::kParameterNames[i], name) == 0) return i;
  }
  return 0;
}

struct Range {
  const char* name;
  float low, high;
};

/// A drone of round numbers, and everything that can be on.
constexpr Range kRanges[] = {
    {"mass_kg", 0.028f, 0.033f},
    {"inertia_x_kg_m2", 1.4e-5f, 2.0e-5f},
    {"inertia_y_kg_m2", 1.7e-5f, 2.5e-5f},
    {"inertia_z_kg_m2", 2.5e-5f, 3.6e-5f},
    {"arm_component_m", 0.0325f, 0.0325f},
    {"torque_per_thrust_m", 0.007f, 0.007f},
    {"thrust_max_n", 0.12f, 0.12f},
    {"thrust_gain", 0.9f, 1.1f},
    {"motor_gain_1", 0.95f, 1.05f},
    {"motor_gain_2", 0.95f, 1.05f},
    {"motor_gain_3", 0.95f, 1.05f},
    {"motor_gain_4", 0.95f, 1.05f},
    {"trim_torque_x_n_m", -3e-4f, 3e-4f},
    {"rotor_lag_up_s", 0.036f, 0.06f},
    {"rotor_lag_down_s", 0.055f, 0.095f},
    {"rotor_dead_time_s", 0.0f, 0.010f},
    {"drag_across_n_s_m", 0.01f, 0.02f},
    {"drag_along_n_s_m", 0.01f, 0.02f},
    {"link_delay_s", 0.004f, 0.030f},
    {"attitude_bias_x_rad", -0.01f, 0.01f},
    {"battery_charge", 0.3f, 1.0f},
    {"battery_capacity_c", 900.0f, 900.0f},
    {"battery_resistance_ohm", 0.2f, 0.2f},
    {"battery_current_a_per_n15", 27.7f, 27.7f},
    {"battery_volts_0", 3.6f, 4.0f},
    {"motor_volts_to_n_1", 0.04f, 0.04f},
    {"rate_pitch_roll_kp", 250.0f, 250.0f},
    {"rate_pitch_roll_ki", 500.0f, 500.0f},
    {"rate_pitch_roll_kd", 2.5f, 2.5f},
    {"rate_yaw_kp", 120.0f, 120.0f},
    {"rate_yaw_ki", 16.7f, 16.7f},
    {"center_of_mass_x_m", -1e-3f, 1e-3f},
    {"center_of_mass_y_m", -1e-3f, 1e-3f},
    {"rotor_inertia_kg_m2", 2.7e-8f, 3.9e-8f},
    {"rotor_thrust_n_per_rad2_s2", 1.43e-8f, 1.43e-8f},
    {"rotor_radius_m", 0.0231f, 0.0231f},
    {"ground_effect", 6.0f, 17.0f},
    {"wind_x_m_s", -0.5f, 0.5f},
    {"gust_m_s", 0.0f, 0.3f},
    {"gust_time_s", 0.3f, 1.0f},
    {"downwash", 0.7f, 1.3f},
    {"pwm_firmware", 0.0f, 1.0f},
    {"link_jitter_s", 0.0f, 0.010f},
    {"link_loss", 0.0f, 0.2f},
    {"estimate_lag_s", 0.0f, 0.030f},
};

struct Number {
  const char* name;
  float value;
};

/// Of all tasks; what one has not is left out.
constexpr Number kNumbers[] = {
    {"world.drones", 8.0f},
    {"mix.path", 0.2f},
    {"mix.race", 0.2f},
    {"mix.more_races", 0.2f},
    {"mix.formation", 0.2f},
    {"mix.both", 0.2f},
    {"company.start_m", 0.2f},
    {"company.collision_m", 0.1f},
    {"company.proximity_m", 0.3f},
    {"start.position_m", 1.0f},
    {"start.velocity_m_s", 1.0f},
    {"start.tilt_rad", 0.8f},
    {"start.yaw_rad", 0.5f},
    {"start.body_rate_rad_s", 2.0f},
    {"start.ground", 0.25f},
    {"start.hover", 0.25f},
    {"start.hover_low_m", 0.3f},
    {"start.hover_high_m", 1.0f},
    {"start.before_low_m", 0.1f},
    {"start.before_high_m", 0.6f},
    {"start.aside_m", 0.2f},
    {"start.before_low", 0.5f},  // in halves of an opening
    {"start.before_high", 3.0f},
    {"start.aside", 1.0f},
    {"start.speed_m_s", 2.0f},
    {"episode.max_distance_m", 1.5f},
    {"episode.max_body_rate_rad_s", 40.0f},
    {"episode.path_max_body_rate_rad_s", 40.0f},
    {"episode.collisions", 1.0f},
    {"episode.drone_radius_m", 0.05f},
    {"reward.scale", 0.1f},
    {"reward.distance", 1.0f},
    {"reward.precision", 1.0f},
    {"reward.precision_width_m", 0.1f},
    {"reward.velocity", 0.1f},
    {"reward.body_rate", 0.002f},
    {"reward.heading", 0.3f},
    {"reward.smoothness", 0.3f},
    {"reward.overshoot", 0.02f},
    {"reward.effort", 0.5f},
    {"reward.proximity", 5.0f},
    {"reward.collision", 40.0f},
    {"reward.progress", 2.0f},
    {"reward.gate", 2.0f},
    {"reward.finish", 5.0f},
    {"reward.time", 0.02f},
    {"reward.crash", 3.0f},
};

/// A section of one of several kinds of work is called after it.
const char* plain(const char* name) {
  for (const char* kind : {"path_", "race_", "company_"}) {
    const std::size_t size = std::strlen(kind);
    if (std::strncmp(name, kind, size) == 0) return name + size;
  }
  return name;
}

sim_core::VecSettings settings(const sim_core::TaskInfo& task) {
  sim_core::VecSettings settings;
  for (const Range& range : kRanges) {
    settings.box.low[index_of(range.name)] = range.low;
    settings.box.high[index_of(range.name)] = range.high;
  }
  settings.noise = {0.002f, 0.003f, 0.03f, 0.02f, 0.006f, 0.05f};
  settings.limits = {0.05f, 0.48f, {6.0f, 6.0f, 3.0f}};
  settings.max_steps = 60;
  int index = 0;
  for (const sim_core::Setting& wanted : task.numbers) {
    for (const Number& number : kNumbers) {
      if (std::strcmp(number.name, plain(wanted.name)) == 0) settings.numbers[index] = number.value;
    }
    ++index;
  }
  return settings;
}

std::vector<sim_core::Path> paths() {
  sim_core::Path hover{{0.0f, 0.0f, 0.3f, 0.5f}}, line;
  for (int row = 0; row < 333; ++row) {
    const float s = 0.004f * static_cast<float>(row);
    line.rows.insert(line.rows.end(), {s, 0.5f * s * s, 1.0f - 0.2f * s, 0.3f * s});
  }
  std::vector<sim_core::Path> all = {hover, line};
  for (int slot = 0; slot < 8; ++slot) {  // a formation, whose slots jump now and then
    sim_core::Path path;
    for (int row = 0; row < 90; ++row) {
      const float turn = static_cast<float>((slot * 5 + row / 40 * 3) % 8);
      path.rows.insert(path.rows.end(), {0.1f * turn, 0.3f - 0.05f * turn, 1.0f, 0.2f});
    }
    all.push_back(path);
  }
  return all;
}

/// Two gates and a pole, seen where they truly stand from near by alone.
sim_core::Courses courses() {
  sim_core::Courses found;
  found.rules.draws = {{0.1f, 0.1f, 0.0f}, 0.1f, {0.15f, 0.15f, 0.1f}, 0.2f, 0.15f};
  const float low[3] = {-2.5f, -1.5f, 0.0f}, high[3] = {2.5f, 1.5f, 2.0f};
  std::memcpy(found.rules.room_low_m, low, sizeof low);
  std::memcpy(found.rules.room_high_m, high, sizeof high);
  found.rules.sensing_range_m = 0.7f;
  found.rules.laps = 1;
  found.count = 1, found.gates = 2, found.poles = 1;
  found.true_gates = {0.5f, 0.2f,  0.7f, 0.8f,  0.6f, 0.2f,  0.0f, 0.36f, 0.01f, 1.0f, 0.05f, 1.0f,
                      1.0f, -0.5f, 1.2f, -0.6f, 0.8f, 0.45f, 1.0f, 0.45f, 0.01f, 0.0f, 0.0f,  0.9f};
  found.true_poles = {0.0f, 0.1f, 0.015f, 1.5f};
  found.told_gates = found.true_gates;
  found.told_poles = found.true_poles;
  found.starts = {-1.0f, 0.0f, 0.01f, 0.3f, 0.0f};
  return found;
}

std::uint64_t flown(const sim_core::TaskInfo& task, const char* isa, int threads) {
  const int drones = std::strcmp(task.name, "all") == 0 ? kInWorlds : kDrones;
  const auto count = static_cast<std::size_t>(drones);
  sim_core::VecSim sim(drones, task, settings(task),
                       {task, paths(), courses(), courses(), {2, 8, 0}}, threads, isa);
  sim.start(7, true);
  std::vector<float> commands(4 * count);
  std::uint64_t sum = 14695981039346656037ull;
  for (int step = 0; step < kSteps; ++step) {
    for (int i = 0; i < 4 * drones; ++i) {
      const int spread = (i * 37 + step / 5 * 11) % 21 - 10;  // -10 to 10
      commands[static_cast<std::size_t>(i)] =
          static_cast<float>(spread) * (i % 4 == 0 ? 0.01f : 0.2f) + (i % 4 == 0 ? 0.29f : 0.0f);
    }
    sim.step(commands.data());
    const sim_core::VecBuffers& out = sim.buffers();
    const std::size_t row = sizeof(float) * count;
    sum = added(sum, out.observation, row * static_cast<std::size_t>(task.observation_size));
    sum = added(sum, out.privileged, row * static_cast<std::size_t>(task.privileged_size));
    sum = added(sum, out.reward, row);
    sum = added(sum, out.terminated, count);
    sum = added(sum, out.truncated, count);
  }
  return sum;
}

}  // namespace

int main() {
  for (const sim_core::TaskInfo* task : sim_core::tasks()) {
    int number = 0;
    for (const sim_core::Kernel* kernel : sim_core::kernels(*task)) {
      if (!sim_core::runs_here(*kernel)) continue;
      const std::uint64_t sum = flown(*task, kernel->name, 1 + number++ % 2);
      std::printf("%s %s %016llx\n", task->name, kernel->name,
                  static_cast<unsigned long long>(sum));
    }
  }
  return 0;
}
