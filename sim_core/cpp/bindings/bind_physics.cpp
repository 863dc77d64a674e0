// SPDX-License-Identifier: Apache-2.0
/// The physics one piece at a time, in double precision: for tests and for model validation.
#include "rooms.hpp"
#include "sim_core/downwash.hpp"
#include "sim_core/drone.hpp"

namespace sim_core::bindings {
namespace {

DoubleArray integrate(const DoubleArray& parameters, const DoubleArray& state,
                      const DoubleArray& target_n, double step_s, int steps) {
  if (state.size() != 17 || target_n.size() != 4) {
    throw std::invalid_argument("state, target_n: expected 17 and 4 numbers, got " +
                                std::to_string(state.size()) + " and " +
                                std::to_string(target_n.size()));
  }
  const scalar::Params<double> params = params_of(parameters);
  const scalar::Derived<double> derived = scalar::derive(params, step_s);
  scalar::BodyState<double> body;
  static_assert(sizeof body == 17 * sizeof(double));
  std::memcpy(&body, state.data(), sizeof body);
  for (int i = 0; i < steps; ++i) {
    scalar::step_body(body, params, derived, target_n.data(), step_s);
  }
  DoubleArray out(17);
  std::memcpy(out.mutable_data(), &body, sizeof body);
  return out;
}

/// Body rates under a constant rate command, every 2 ms, from rest and with settled rotors.
FloatArray rate_step(const FloatArray& parameters, float thrust_n, const std::array<float, 3>& w_B,
                     int steps) {
  const scalar::Params<float> params = params_of(parameters);
  const auto derived = scalar::derive(params, kPhysicsStepS);
  scalar::Drone<float> drone{};
  drone.body.p_WB.z = 100.0f;  // far from the floor
  drone.body.q_WB = {0.0f, 0.0f, 0.0f, 1.0f};
  scalar::settle_drone(drone, params, scalar::Command<float>{thrust_n, {0, 0, 0}});
  FloatArray out({static_cast<py::ssize_t>(steps), static_cast<py::ssize_t>(7)});
  for (int i = 0; i < steps; ++i) {
    const auto around = scalar::surroundings_of(drone.body, params, derived, {});
    scalar::step_drone(drone, params, derived, around, {thrust_n, {w_B[0], w_B[1], w_B[2]}},
                       static_cast<std::uint32_t>(i));
    float* row = out.mutable_data(i, 0);
    row[0] = drone.body.w_WB_B.x;
    row[1] = drone.body.w_WB_B.y;
    row[2] = drone.body.w_WB_B.z;
    for (int k = 0; k < 4; ++k) row[3 + k] = drone.body.thrust_n[k];
  }
  return out;
}

}  // namespace

void bind_physics(py::module_& module) {
  module.def("integrate", &integrate, py::arg("parameters"), py::arg("state"), py::arg("target_n"),
             py::arg("step_s"), py::arg("steps"),
             "State after `steps` of `step_s` [s]: p_WB, q_WB, v_WB, w_WB_B, thrust of each rotor, "
             "(17,), towards constant rotor targets [N], in double precision.");
  module.def("rate_step", &rate_step, py::arg("parameters"), py::arg("thrust_n"), py::arg("w_B"),
             py::arg("steps"),
             "Body rates [rad/s] and rotor thrusts [N], (steps, 7), every 2 ms after a step of the "
             "rate command, from rest with settled rotors.");
  module.def(
      "downwash_n",
      [](const std::array<double, 3>& below) {
        return scalar::downwash_n(scalar::Vec3<double>{below[0], below[1], below[2]});
      },
      py::arg("below_m"),
      "Vertical force [N] on a drone at `below_m` [m; W] from the one whose wake it is in.");
}

}  // namespace sim_core::bindings
