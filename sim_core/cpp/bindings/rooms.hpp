// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "sim_core/params.hpp"
#include "sim_core/vec_sim.hpp"

namespace sim_core::bindings {

namespace py = pybind11;
using FloatArray = py::array_t<float, py::array::c_style>;
using DoubleArray = py::array_t<double, py::array::c_style | py::array::forcecast>;

void bind_settings(py::module_& module);
void bind_vec_sim(py::module_& module);
void bind_flight(py::module_& module);
void bind_paths(py::module_& module);
void bind_physics(py::module_& module);
void bind_replay(py::module_& module);
void bind_courses(py::module_& module);

/// A run's settings and the task whose numbers they hold.
struct TaskSettings : VecSettings {
  const TaskInfo* task = nullptr;
};

/// "name: expected float32 (rows, columns), got ..."; rows < 0 stands for any number.
inline void expect_shape(const py::array& array, const char* name, py::ssize_t rows,
                         py::ssize_t columns) {
  const bool typed =
      py::isinstance<py::array_t<float>>(array) && (array.flags() & py::array::c_style);
  const bool shaped = array.ndim() == 2 && array.shape(1) == columns &&
                      (rows < 0 ? array.shape(0) > 0 : array.shape(0) == rows);
  if (typed && shaped) return;
  const std::string wanted = "(" + (rows < 0 ? std::string("n") : std::to_string(rows)) + ", " +
                             std::to_string(columns) + ")";
  const py::str got = py::str("{} {}").format(array.dtype(), array.attr("shape"));
  throw std::invalid_argument(std::string(name) + ": expected contiguous float32 " + wanted +
                              ", got " + got.cast<std::string>());
}

/// References as a list of float32 (M, 4) arrays.
inline std::vector<Path> paths_of(const std::vector<py::array>& references) {
  std::vector<Path> paths;
  for (const py::array& reference : references) {
    expect_shape(reference, "reference", -1, 4);
    const auto* data = static_cast<const float*>(reference.data());
    paths.push_back({std::vector<float>(data, data + reference.size())});
  }
  return paths;
}

/// A drone's parameters, in the order of kParameterNames.
template <class Real, int Flags>
scalar::Params<Real> params_of(const py::array_t<Real, Flags>& values) {
  if (values.size() != kParameterCount) {
    throw std::invalid_argument("parameters: expected " + std::to_string(kParameterCount) +
                                " numbers, got " + std::to_string(values.size()));
  }
  scalar::Params<Real> params;
  std::memcpy(&params, values.data(), sizeof params);
  return params;
}

}  // namespace sim_core::bindings
