// SPDX-License-Identifier: Apache-2.0
/// What the simulator makes of a recorded flight: the log's motor volts go through the simulator's own
/// rotors and body, in double precision, from states that the log gives.
///
/// Arrays are row-major; T rows of a log are one `step_s` apart, W windows begin at some of them.
#pragma once

#include "sim_core/drone.hpp"

namespace sim_core {

/// Thrust targets [N] (rows, 4) of motors that see `motor_volts` (rows, 4).
void targets_from_volts(const scalar::Params<double>& params, const double* motor_volts, int rows,
                        double* target_n);

/// Dead time and lag over a whole log, settled at its first row: what reaches the rotors and what they
/// give, (rows, 4) each.
void replay_rotors(const scalar::Params<double>& params, const double* target_n, int rows,
                   double step_s, double* delayed_n, double* thrust_n);

/// What a replay of the body reads.
struct BodyLog {
  int rows;
  const double* delayed_n;  ///< (rows, 4), targets behind their dead time
  const double* thrust_n;   ///< (rows, 4), of each rotor
  const double* measured;   ///< (rows, 7): q_WB, w_WB_B to be held to after each step; or null
};

/// Moves one body for each of `windows` from its row `starts[i]` and state (13,) on; writes its state
/// after every `every` steps, the start first: `out` is (windows, steps / every + 1, 13).
void replay_body(const scalar::Params<double>& params, const BodyLog& log, const int* starts,
                 const double* states, int windows, int steps, int every, double step_s,
                 double* out);

}  // namespace sim_core
