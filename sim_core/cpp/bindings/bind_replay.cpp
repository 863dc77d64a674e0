// SPDX-License-Identifier: Apache-2.0
/// Recorded flights through the simulator's rotors and body: for model validation and identification.
#include "rooms.hpp"
#include "sim_core/replay.hpp"

namespace sim_core::bindings {
namespace {

using IntArray = py::array_t<int, py::array::c_style | py::array::forcecast>;

int rows_of(const DoubleArray& values, const char* name, py::ssize_t columns) {
  if (values.ndim() != 2 || values.shape(1) != columns || values.shape(0) == 0) {
    const py::str got = py::str("{}").format(values.attr("shape"));
    throw std::invalid_argument(std::string(name) + ": expected (n, " + std::to_string(columns) +
                                "), got " + got.cast<std::string>());
  }
  return static_cast<int>(values.shape(0));
}

DoubleArray targets(const DoubleArray& parameters, const DoubleArray& motor_volts) {
  const int rows = rows_of(motor_volts, "motor_volts", 4);
  DoubleArray out({rows, 4});
  targets_from_volts(params_of(parameters), motor_volts.data(), rows, out.mutable_data());
  return out;
}

py::tuple rotors(const DoubleArray& parameters, const DoubleArray& target_n, double step_s) {
  const int rows = rows_of(target_n, "target_n", 4);
  DoubleArray delayed({rows, 4}), thrust({rows, 4});
  replay_rotors(params_of(parameters), target_n.data(), rows, step_s, delayed.mutable_data(),
                thrust.mutable_data());
  return py::make_tuple(delayed, thrust);
}

DoubleArray body(const DoubleArray& parameters, const DoubleArray& delayed_n,
                 const DoubleArray& thrust_n, const IntArray& starts, const DoubleArray& states,
                 int steps, int every, double step_s, const std::optional<DoubleArray>& measured) {
  const int rows = rows_of(delayed_n, "delayed_n", 4);
  const int windows = rows_of(states, "states", 13);
  bool fits = rows_of(thrust_n, "thrust_n", 4) == rows && starts.size() == windows;
  if (measured) fits = fits && rows_of(*measured, "measured", 7) == rows;
  for (py::ssize_t i = 0; fits && i < starts.size(); ++i) {
    fits = starts.data()[i] >= 0 && starts.data()[i] + steps < rows;
  }
  if (!fits || steps < 1 || every < 1 || steps % every != 0) {
    throw std::invalid_argument(
        "replay_body: expected windows inside arrays of one length, and steps a multiple of every");
  }
  DoubleArray out({windows, steps / every + 1, 13});
  const BodyLog log{rows, delayed_n.data(), thrust_n.data(), measured ? measured->data() : nullptr};
  const scalar::Params<double> params = params_of(parameters);
  double* to = out.mutable_data();
  py::gil_scoped_release release;
  replay_body(params, log, starts.data(), states.data(), windows, steps, every, step_s, to);
  return out;
}

}  // namespace

void bind_replay(py::module_& module) {
  module.def("targets_from_volts", &targets, py::arg("parameters"), py::arg("motor_volts"),
             "Thrust targets [N] of motors that see these volts, (T, 4).");
  module.def("replay_rotors", &rotors, py::arg("parameters"), py::arg("target_n"),
             py::arg("step_s"),
             "Targets behind their dead time and thrust of each rotor [N], (T, 4) each, from "
             "settled at the first row on.");
  module.def("replay_body", &body, py::arg("parameters"), py::arg("delayed_n"), py::arg("thrust_n"),
             py::arg("starts"), py::arg("states"), py::arg("steps"), py::arg("every"),
             py::arg("step_s"), py::arg("measured") = py::none(),
             "States (W, steps / every + 1, 13) from the states (W, 13) at rows `starts` on, held "
             "to the measured q_WB, w_WB_B (T, 7) after each step where they are given.");
}

}  // namespace sim_core::bindings
