// SPDX-License-Identifier: Apache-2.0
#include "sim_core/replay.hpp"

#include <cstring>

namespace sim_core {

using scalar::BodyState;
using scalar::Derived;
using scalar::Params;

namespace {

constexpr int kState = 13;  ///< p_WB, q_WB, v_WB, w_WB_B

void hold_to(BodyState<double>& body, const double* measured) {
  body.q_WB = {measured[0], measured[1], measured[2], measured[3]};
  body.w_WB_B = {measured[4], measured[5], measured[6]};
}

}  // namespace

void targets_from_volts(const Params<double>& params, const double* motor_volts, int rows,
                        double* target_n) {
  for (int i = 0; i < 4 * rows; ++i) {
    const double each_n = scalar::cubic(params.motor_volts_to_n, motor_volts[i]);
    target_n[i] = scalar::max_of(each_n, 0.0) * params.thrust_gain * params.motor_gain[i % 4];
  }
}

void replay_rotors(const Params<double>& params, const double* target_n, int rows, double step_s,
                   double* delayed_n, double* thrust_n) {
  const Derived<double> derived = scalar::derive(params, step_s);
  scalar::DeadTime<double> line;
  double now_n[4];
  for (int i = 0; i < 4; ++i) {
    now_n[i] = target_n[i];
    scalar::settle_dead_time(line, i, target_n[i]);
  }
  for (int k = 0; k < rows; ++k) {
    double* delayed = delayed_n + 4 * k;
    scalar::pass_dead_time(line, derived, static_cast<std::uint32_t>(k), target_n + 4 * k, delayed);
    for (int i = 0; i < 4; ++i) {
      thrust_n[4 * k + i] = now_n[i];
      now_n[i] = scalar::lagged(derived, now_n[i], delayed[i]);
    }
  }
}

void replay_body(const Params<double>& params, const BodyLog& log, const int* starts,
                 const double* states, int windows, int steps, int every, double step_s,
                 double* out) {
  const Derived<double> derived = scalar::derive(params, step_s);
  for (int i = 0; i < windows; ++i) {
    const int row = starts[i];
    BodyState<double> body{};
    std::memcpy(&body, states + kState * i, kState * sizeof(double));
    std::memcpy(body.thrust_n, log.thrust_n + 4 * row, sizeof body.thrust_n);
    std::memcpy(out, &body, kState * sizeof(double));
    out += kState;
    for (int k = 1; k <= steps; ++k) {
      scalar::step_body(body, params, derived, log.delayed_n + 4 * (row + k - 1), step_s);
      body.q_WB = scalar::normalized(body.q_WB);
      if (log.measured != nullptr) hold_to(body, log.measured + 7 * (row + k));
      if (k % every != 0) continue;
      std::memcpy(out, &body, kState * sizeof(double));
      out += kState;
    }
  }
}

}  // namespace sim_core
