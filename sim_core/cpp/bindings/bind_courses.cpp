// SPDX-License-Identifier: Apache-2.0
#include "rooms.hpp"

namespace sim_core::bindings {
namespace {

using Three = std::array<float, 3>;

std::vector<float> rows_of(const py::array& array, const char* name, py::ssize_t courses,
                           py::ssize_t items, py::ssize_t columns) {
  const bool good = py::isinstance<py::array_t<float>>(array) &&
                    (array.flags() & py::array::c_style) && array.ndim() == 3 &&
                    array.shape(0) == courses && array.shape(1) == items &&
                    array.shape(2) == columns;
  if (!good) {
    const py::str got = py::str("{} {}").format(array.dtype(), array.attr("shape"));
    throw std::invalid_argument(std::string(name) + ": expected contiguous float32 (" +
                                std::to_string(courses) + ", " + std::to_string(items) + ", " +
                                std::to_string(columns) + "), got " + got.cast<std::string>());
  }
  const auto* data = static_cast<const float*>(array.data());
  return {data, data + array.size()};
}

Courses make_courses(const CourseRules& rules, const py::array& told_gates,
                     const py::array& true_gates, const py::array& told_poles,
                     const py::array& true_poles, const py::array& starts) {
  expect_shape(starts, "starts", -1, kStartColumns);
  const py::ssize_t count = starts.shape(0);
  const py::ssize_t gates = told_gates.ndim() == 3 ? told_gates.shape(1) : 0;
  const py::ssize_t poles = told_poles.ndim() == 3 ? told_poles.shape(1) : 0;
  const auto* begin = static_cast<const float*>(starts.data());
  return {rules,
          static_cast<int>(count),
          static_cast<int>(gates),
          static_cast<int>(poles),
          rows_of(told_gates, "told_gates", count, gates, kGateColumns),
          rows_of(true_gates, "true_gates", count, gates, kGateColumns),
          rows_of(told_poles, "told_poles", count, poles, kPoleColumns),
          rows_of(true_poles, "true_poles", count, poles, kPoleColumns),
          {begin, begin + starts.size()}};
}

CourseRules rules_of(const Three& room_low_m, const Three& room_high_m, int laps, bool closed,
                     bool in_order, float sensing_range_m, const Three& start_m,
                     float start_yaw_rad, const Three& gate_m, float gate_yaw_rad, float pole_m) {
  CourseRules rules;
  const auto copy = [](const Three& from, float* to) { std::copy(from.begin(), from.end(), to); };
  copy(room_low_m, rules.room_low_m);
  copy(room_high_m, rules.room_high_m);
  copy(start_m, rules.draws.start_m);
  copy(gate_m, rules.draws.gate_m);
  rules.draws.start_yaw_rad = start_yaw_rad;
  rules.draws.gate_yaw_rad = gate_yaw_rad;
  rules.draws.pole_m = pole_m;
  rules.sensing_range_m = sensing_range_m;
  rules.laps = laps;
  rules.closed = closed ? 1 : 0;
  rules.in_order = in_order ? 1 : 0;
  return rules;
}

}  // namespace

void bind_courses(py::module_& module) {
  constexpr Three kNone = {0.0f, 0.0f, 0.0f};
  module.attr("MOST_GATES") = kMostGates;
  module.attr("MOST_POLES") = kMostPoles;
  py::class_<CourseRules>(module, "CourseRules", "What is the same in all courses of a run.")
      .def(py::init(&rules_of), py::kw_only(), py::arg("room_low_m"), py::arg("room_high_m"),
           py::arg("laps"), py::arg("closed"), py::arg("in_order") = false,
           py::arg("sensing_range_m") = 0.0f, py::arg("start_m") = kNone,
           py::arg("start_yaw_rad") = 0.0f, py::arg("gate_m") = kNone,
           py::arg("gate_yaw_rad") = 0.0f, py::arg("pole_m") = 0.0f);
  py::class_<Formations>(module, "Formations", "Which of the references belong together.")
      .def(py::init([](int size, int first, bool in_order) {
             return Formations{first, size, in_order ? 1 : 0};
           }),
           py::arg("size"), py::arg("first") = 0, py::arg("in_order") = false);
  py::class_<Courses>(module, "Courses", "Race courses as numbers.")
      .def(py::init(&make_courses), py::arg("rules"), py::arg("told_gates"), py::arg("true_gates"),
           py::arg("told_poles"), py::arg("true_poles"), py::arg("starts"))
      .def_readonly("count", &Courses::count)
      .def_readonly("gates", &Courses::gates)
      .def_readonly("poles", &Courses::poles);
}

}  // namespace sim_core::bindings
