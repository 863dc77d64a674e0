// SPDX-License-Identifier: Apache-2.0
/// What a run is set to, as plain numbers shared by every instruction set. Python fills these from
/// the airframe, the randomisation and the environment file; nothing acts that they do not show.
#pragma once

#include <cstdint>

namespace sim_core {

constexpr float kGravity = 9.81f;        ///< m/s^2
constexpr float kPhysicsStepS = 0.002f;  ///< s; the firmware's rate loop runs at 500 Hz
constexpr int kSubsteps = 5;             ///< physics steps per control step (100 Hz)
constexpr float kControlStepS = 0.01f;   ///< s
constexpr int kMaxDeadTimeSteps = 5;     ///< longest rotor dead time, in physics steps
constexpr int kMaxLinkDelaySteps = 20;   ///< longest link delay, jitter included, in physics steps
constexpr float kMaxEstimateLagS = 0.030f;  ///< oldest state that an estimate may tell
constexpr int kParameterCount = 57;

/// The names of a drone's parameters, in the order of `Params` in params.hpp.
extern const char* const kParameterNames[kParameterCount];

/// Between these bounds every drone's parameters are drawn, uniformly, at each start of an episode.
struct ParameterBox {
  float low[kParameterCount] = {};
  float high[kParameterCount] = {};
};

/// Standard deviations of the state estimate's white noise; bias and lag are parameters of the drone.
struct EstimateNoise {
  float position_m = 0.0f;
  float position_z_m = -1.0f;  ///< along z; negative: as along x and y
  float velocity_m_s = 0.0f;
  float velocity_z_m_s = -1.0f;  ///< along z; negative: as along x and y
  float attitude_rad = 0.0f;
  float body_rate_rad_s = 0.0f;
};

/// What a command may ask for.
struct CommandLimits {
  float thrust_low_n = 0.0f;
  float thrust_high_n = 0.0f;
  float body_rate_rad_s[3] = {};
  float motor_low = 0.0f;  ///< of each motor, as `MotorCommand` has it
  float motor_high = 1.0f;
};

constexpr int kMostNumbers = 64;  ///< of one task's settings

}  // namespace sim_core
