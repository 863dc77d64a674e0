// SPDX-License-Identifier: Apache-2.0
/// A few drones with the firmware's loops inside, one set-point each: what stands behind the
/// firmware double. Time goes on in physics steps; nothing here knows messages, links or watchdogs.
#pragma once

#include <vector>

#include "sim_core/downwash.hpp"
#include "sim_core/drone.hpp"
#include "sim_core/imu.hpp"
#include "sim_core/stock_controller.hpp"

namespace sim_core {

class FirmwareSim {
 public:
  /// `parameters`: (n, kParameterCount) row-major; link delays in it are ignored.
  FirmwareSim(const std::vector<float>& parameters, const EstimateNoise& noise, std::uint32_t seed);

  int count() const { return static_cast<int>(vehicles_.size()); }

  void place(int drone, const float p_WB[3], float yaw_rad);
  void set_off(int drone);
  void set_rate_thrust(int drone, float thrust_n, const float w_B[3]);
  void set_position(int drone, const float p_WB[3], float yaw_rad);
  /// Motor commands, 0 to 65535 each, from a firmware outside: none of the loops here acts.
  void set_motors(int drone, const float counts[4]);

  /// Moves every drone by `steps` of 2 ms and draws one estimate at the end.
  void step(int steps);

  double time_s() const { return static_cast<double>(tick_) * 0.002; }
  const std::vector<float>& truth() const { return truth_; }
  const std::vector<float>& estimate() const { return estimate_; }
  /// Filtered gyro [rad/s; B] and accelerometer [m/s^2; B, specific force], (n, 6).
  const std::vector<float>& imu() const { return imu_; }
  /// The same before the filters, (n, 6).
  const std::vector<float>& felt() const { return felt_; }
  float battery_volts(int drone) const;
  float battery_charge(int drone) const;
  /// Collective thrust that the present set-point asks of the mixer [N]; motor commands ask none.
  float commanded_thrust_n(int drone) const;

 private:
  enum class Mode { kOff, kRates, kPosition, kMotors };
  struct Vehicle {
    scalar::Params<float> params;
    scalar::Derived<float> derived;
    scalar::Drone<float> drone;
    scalar::Surroundings<float> around;
    scalar::Gusts<float> gusts;
    scalar::Past<float> past;
    scalar::Imu imu;
    scalar::StockController stock;
    scalar::PositionTarget target;
    scalar::Command<float> command;
    scalar::MotorCounts<float> motors;
    scalar::Estimate<float> seen;
    Mode mode;
  };
  void step_vehicle(Vehicle& vehicle, int number);
  void begin_control_step(Vehicle& vehicle, int number);
  void follow_position(Vehicle& vehicle);
  void turn_rotors(Vehicle& vehicle, const float target_n[4]) const;
  void feel(Vehicle& vehicle) const;
  void look(Vehicle& vehicle, int number);
  void write_rows();

  std::vector<Vehicle> vehicles_;
  EstimateNoise noise_;
  std::uint32_t seed_;
  std::uint32_t tick_ = 0;
  std::vector<float> truth_, estimate_, imu_, felt_;
};

}  // namespace sim_core
