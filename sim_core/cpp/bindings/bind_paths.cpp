// SPDX-License-Identifier: Apache-2.0
#include "rooms.hpp"
#include "sim_core/path_table.hpp"

namespace sim_core::bindings {
namespace {

/// Numbers in the points of a table's last path, with what a preview may read behind them.
py::ssize_t last_points(const ReferenceTable& table) {
  const int path = table.count - 1;
  const py::ssize_t rows = table.last[path] - table.first[path];
  return kPreviewStride * (rows / kPreviewStride + kPreviewPoints) * 3 + kReadBeyond;
}

template <class T>
py::array_t<T> array_of(const T* data, py::ssize_t size) {
  return py::array_t<T>(size, data);
}

py::dict table_of(const std::vector<py::array>& references) {
  if (references.empty()) throw std::invalid_argument("references: expected one or more");
  const PathTable paths(paths_of(references));
  const ReferenceTable table = paths.view();
  const int last = table.count - 1;
  py::dict out;
  out["goals"] = array_of(table.goals, py::ssize_t{table.last[last] + 2} * kGoalSize);
  out["points"] = array_of(table.points, table.ahead[last] + last_points(table));
  out["first"] = array_of(table.first, table.count);
  out["last"] = array_of(table.last, table.count);
  out["ahead"] = array_of(table.ahead, table.count);
  return out;
}

}  // namespace

void bind_paths(py::module_& module) {
  module.def("path_table", &table_of, py::arg("references"),
             "References (M, 4) as tasks read them: see sim_core/path_table.hpp.");
}

}  // namespace sim_core::bindings
