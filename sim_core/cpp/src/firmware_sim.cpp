// SPDX-License-Identifier: Apache-2.0
#include "sim_core/firmware_sim.hpp"

#include <cmath>
#include <cstring>

#include "sim_core/ground.hpp"

namespace sim_core {

using scalar::Command;
using scalar::Vec3;

FirmwareSim::FirmwareSim(const std::vector<float>& parameters, const EstimateNoise& noise,
                         std::uint32_t seed)
    : noise_(noise), seed_(seed) {
  const std::size_t count = parameters.size() / kParameterCount;
  for (std::size_t i = 0; i < count; ++i) {
    Vehicle vehicle{};
    std::memcpy(&vehicle.params, &parameters[i * kParameterCount], sizeof vehicle.params);
    vehicle.derived = scalar::derive(vehicle.params, kPhysicsStepS);
    vehicles_.push_back(vehicle);
  }
  truth_.resize(13 * count);
  estimate_.resize(13 * count);
  imu_.resize(6 * count);
  felt_.resize(6 * count);
  const float origin[3] = {0.0f, 0.0f, 0.0f};
  for (int i = 0; i < this->count(); ++i) place(i, origin, 0.0f);
}

void FirmwareSim::place(int drone, const float p_WB[3], float yaw_rad) {
  Vehicle& vehicle = vehicles_.at(static_cast<std::size_t>(drone));
  vehicle.drone = {};
  vehicle.drone.body.p_WB = {p_WB[0], p_WB[1], p_WB[2]};
  vehicle.drone.body.q_WB = {0.0f, 0.0f, std::sin(0.5f * yaw_rad), std::cos(0.5f * yaw_rad)};
  scalar::settle_drone(vehicle.drone, vehicle.params, Command<float>{});
  scalar::settle_past(vehicle.past, scalar::pose_of(vehicle.drone.body));
  scalar::settle_imu(vehicle.imu, vehicle.drone.body);
  vehicle.gusts = {};
  set_off(drone);
  feel(vehicle);
  look(vehicle, drone);
  write_rows();
}

void FirmwareSim::set_off(int drone) {
  Vehicle& vehicle = vehicles_.at(static_cast<std::size_t>(drone));
  vehicle.mode = Mode::kOff;
  vehicle.stock = {};
  vehicle.command = {};
  vehicle.drone.rate_loop.integral_deg = {0.0f, 0.0f, 0.0f};
}

void FirmwareSim::set_rate_thrust(int drone, float thrust_n, const float w_B[3]) {
  Vehicle& vehicle = vehicles_.at(static_cast<std::size_t>(drone));
  vehicle.mode = Mode::kRates;
  vehicle.command = {thrust_n, {w_B[0], w_B[1], w_B[2]}};
}

void FirmwareSim::set_position(int drone, const float p_WB[3], float yaw_rad) {
  Vehicle& vehicle = vehicles_.at(static_cast<std::size_t>(drone));
  if (vehicle.mode != Mode::kPosition) {
    vehicle.stock.previous_yaw_deg = scalar::euler_of(vehicle.drone.body.q_WB).yaw;
  }
  vehicle.mode = Mode::kPosition;
  vehicle.target = {{p_WB[0], p_WB[1], p_WB[2]}, yaw_rad};
}

void FirmwareSim::set_motors(int drone, const float counts[4]) {
  Vehicle& vehicle = vehicles_.at(static_cast<std::size_t>(drone));
  vehicle.mode = Mode::kMotors;
  vehicle.command = {};
  for (int i = 0; i < 4; ++i) vehicle.motors.m[i] = counts[i];
}

void FirmwareSim::look(Vehicle& vehicle, int number) {
  const scalar::Counter<float> at{seed_, static_cast<std::uint32_t>(number), tick_};
  float normals[scalar::kNormals];
  scalar::draw_normals(at, scalar::Purpose::kEstimate, normals);
  const bool lags = vehicle.params.estimate_lag_s > 0.0f;
  const auto told = lags ? scalar::lagged_pose(vehicle.past, vehicle.params, tick_ / kSubsteps)
                         : scalar::pose_of(vehicle.drone.body);
  vehicle.seen = scalar::estimate(told, vehicle.params, noise_, normals);
}

/// What pushes a drone from outside for the next control step: wind, floor, wakes of the others.
void FirmwareSim::feel(Vehicle& vehicle) const {
  const auto& body = vehicle.drone.body;
  vehicle.around = scalar::surroundings_of(body, vehicle.params, vehicle.derived, vehicle.gusts);
  if (vehicle.params.downwash == 0.0f) return;
  float force_n = 0.0f;
  for (const Vehicle& other : vehicles_) {
    if (&other == &vehicle || other.mode == Mode::kOff) continue;
    force_n += scalar::downwash_n(body.p_WB - other.drone.body.p_WB);
  }
  scalar::feel_wakes(vehicle.around, vehicle.params, vehicle.derived, force_n);
}

void FirmwareSim::begin_control_step(Vehicle& vehicle, int number) {
  scalar::remember_pose(vehicle.past, tick_ / kSubsteps, scalar::pose_of(vehicle.drone.body));
  float normals[scalar::kNormals];
  const scalar::Counter<float> at{seed_, static_cast<std::uint32_t>(number), tick_};
  scalar::draw_normals(at, scalar::Purpose::kWind, normals);
  scalar::step_gusts(vehicle.gusts, vehicle.derived, normals);
  look(vehicle, number);
}

void FirmwareSim::follow_position(Vehicle& vehicle) {
  if (tick_ % kSubsteps == 0) {
    scalar::step_position_loops(vehicle.stock, vehicle.target, vehicle.seen);
  }
  const Vec3<float> bias = {vehicle.params.attitude_bias_x_rad, vehicle.params.attitude_bias_y_rad,
                            0.0f};
  const auto q_seen = vehicle.drone.body.q_WB * scalar::small_rotation(bias);
  vehicle.command.w_B = scalar::step_attitude_loop(vehicle.stock, vehicle.target.yaw_rad, q_seen);
  vehicle.command.thrust_n = scalar::collective_thrust(vehicle.params, vehicle.stock.thrust_counts);
}

void FirmwareSim::turn_rotors(Vehicle& vehicle, const float target_n[4]) const {
  float delayed_n[4];
  scalar::pass_dead_time(vehicle.drone.dead_time, vehicle.derived, tick_, target_n, delayed_n);
  auto& body = vehicle.drone.body;
  scalar::step_body(body, vehicle.params, vehicle.derived, vehicle.around, delayed_n,
                    kPhysicsStepS);
  body.q_WB = scalar::normalized(body.q_WB);
}

void FirmwareSim::step_vehicle(Vehicle& vehicle, int number) {
  if (tick_ % kSubsteps == 0) begin_control_step(vehicle, number);
  if (vehicle.mode == Mode::kPosition) follow_position(vehicle);
  auto& body = vehicle.drone.body;
  const Vec3<float> v_before = body.v_WB;
  if (vehicle.mode == Mode::kOff) {
    const float none[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    turn_rotors(vehicle, none);
  } else if (vehicle.mode == Mode::kMotors) {
    const auto& battery = vehicle.drone.battery;
    float target_n[4];
    scalar::thrust_targets(vehicle.params, battery, scalar::thrust_line(vehicle.params, battery),
                           vehicle.motors, target_n);
    turn_rotors(vehicle, target_n);
  } else {
    scalar::step_drone(vehicle.drone, vehicle.params, vehicle.derived, vehicle.around,
                       vehicle.command, tick_);
  }
  scalar::rest_on_floor(body);
  scalar::step_imu(vehicle.imu, body, v_before);
  if (tick_ % kSubsteps == kSubsteps - 1) {
    scalar::step_battery(vehicle.drone.battery, vehicle.params, body.thrust_n, kControlStepS);
  }
}

void FirmwareSim::step(int steps) {
  for (int k = 0; k < steps; ++k) {
    if (tick_ % kSubsteps == 0) {
      for (Vehicle& vehicle : vehicles_) feel(vehicle);
    }
    for (int i = 0; i < count(); ++i) step_vehicle(vehicles_[static_cast<std::size_t>(i)], i);
    tick_ += 1;
  }
  for (int i = 0; i < count(); ++i) look(vehicles_[static_cast<std::size_t>(i)], i);
  write_rows();
}

void FirmwareSim::write_rows() {
  const auto put = [](const Vec3<float>& p, const scalar::Quat<float>& q, const Vec3<float>& v,
                      const Vec3<float>& w, float* out) {
    const float row[13] = {p.x, p.y, p.z, q.x, q.y, q.z, q.w, v.x, v.y, v.z, w.x, w.y, w.z};
    std::memcpy(out, row, sizeof row);
  };
  const auto pair = [](const Vec3<float>& a, const Vec3<float>& b, float* out) {
    const float row[6] = {a.x, a.y, a.z, b.x, b.y, b.z};
    std::memcpy(out, row, sizeof row);
  };
  for (std::size_t i = 0; i < vehicles_.size(); ++i) {
    const auto& body = vehicles_[i].drone.body;
    const auto& seen = vehicles_[i].seen;
    put(body.p_WB, body.q_WB, body.v_WB, body.w_WB_B, &truth_[13 * i]);
    put(seen.p_WB, seen.q_WB, seen.v_WB, seen.w_WB_B, &estimate_[13 * i]);
    const scalar::Imu& imu = vehicles_[i].imu;
    pair(imu.gyro_rad_s, imu.accelerometer_m_s2, &imu_[6 * i]);
    pair(body.w_WB_B, imu.felt_m_s2, &felt_[6 * i]);
  }
}

float FirmwareSim::battery_volts(int drone) const {
  return vehicles_.at(static_cast<std::size_t>(drone)).drone.battery.volts;
}

float FirmwareSim::battery_charge(int drone) const {
  return vehicles_.at(static_cast<std::size_t>(drone)).drone.battery.charge;
}

float FirmwareSim::commanded_thrust_n(int drone) const {
  const Vehicle& vehicle = vehicles_.at(static_cast<std::size_t>(drone));
  return vehicle.mode == Mode::kOff ? 0.0f : vehicle.command.thrust_n;
}

}  // namespace sim_core
