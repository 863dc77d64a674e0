// SPDX-License-Identifier: Apache-2.0
#include "rooms.hpp"

namespace sim_core::bindings {
namespace {

/// A numpy view of the simulator's own memory, kept alive by it.
template <class T>
py::array view(py::object self, T* data, std::vector<py::ssize_t> shape) {
  return py::array(py::dtype::of<T>(), std::move(shape), data, std::move(self));
}

template <float* VecBuffers::* Member, int Columns>
py::array matrix(py::object self) {
  auto& sim = self.cast<VecSim&>();
  return view(self, sim.buffers().*Member, {sim.num_drones(), Columns});
}

template <float* VecBuffers::* Member, int TaskInfo::* Columns>
py::array task_matrix(py::object self) {
  auto& sim = self.cast<VecSim&>();
  return view(self, sim.buffers().*Member, {sim.num_drones(), sim.task().*Columns});
}

template <std::uint8_t* VecBuffers::* Member>
py::array flags(py::object self) {
  auto& sim = self.cast<VecSim&>();
  return py::array(py::dtype("bool"), {static_cast<py::ssize_t>(sim.num_drones())},
                   sim.buffers().*Member, self);
}

py::array rewards(py::object self) {
  auto& sim = self.cast<VecSim&>();
  return view(self, sim.buffers().reward, {sim.num_drones()});
}

template <void (VecSim::*Advance)(const float*)>
void advance(VecSim& sim, const py::array& commands) {
  expect_shape(commands, "commands", sim.num_drones(), 4);
  const auto* data = static_cast<const float*>(commands.data());
  py::gil_scoped_release release;
  (sim.*Advance)(data);
}

std::unique_ptr<VecSim> make_sim(int num_drones, const TaskSettings& settings,
                                 const std::vector<py::array>& references, int threads,
                                 const std::string& isa, const std::optional<Courses>& courses,
                                 const std::optional<Courses>& more_courses,
                                 const std::optional<Formations>& formations) {
  if (num_drones < 1) {
    throw std::invalid_argument("num_drones: expected at least 1, got " +
                                std::to_string(num_drones));
  }
  const TaskInfo& task = *settings.task;
  return std::make_unique<VecSim>(
      num_drones, task, settings,
      WorldData(task, paths_of(references), courses.value_or(Courses{}),
                more_courses.value_or(Courses{}), formations.value_or(Formations{})),
      threads, isa);
}

void bind_buffers(py::class_<VecSim>& sim) {
  sim.def_property_readonly("observation",
                            &task_matrix<&VecBuffers::observation, &TaskInfo::observation_size>)
      .def_property_readonly("privileged",
                             &task_matrix<&VecBuffers::privileged, &TaskInfo::privileged_size>)
      .def_property_readonly(
          "final_observation",
          &task_matrix<&VecBuffers::final_observation, &TaskInfo::observation_size>)
      .def_property_readonly(
          "final_privileged",
          &task_matrix<&VecBuffers::final_privileged, &TaskInfo::privileged_size>)
      .def_property_readonly("truth", &matrix<&VecBuffers::truth, 13>)
      .def_property_readonly("estimate", &matrix<&VecBuffers::estimate, 13>)
      .def_property_readonly("reward", &rewards)
      .def_property_readonly("terminated", &flags<&VecBuffers::terminated>)
      .def_property_readonly("truncated", &flags<&VecBuffers::truncated>);
}

}  // namespace

void bind_vec_sim(py::module_& module) {
  py::class_<VecSim> sim(module, "VecSim", "Many drones, stepped together.");
  sim.def(py::init(&make_sim), py::arg("num_drones"), py::arg("settings"),
          py::arg("references") = std::vector<py::array>{}, py::arg("threads") = 1,
          py::arg("isa") = "auto", py::arg("courses") = std::nullopt,
          py::arg("more_courses") = std::nullopt, py::arg("formations") = std::nullopt)
      .def_property_readonly("task", [](const VecSim& self) { return self.task().name; })
      .def("start", &VecSim::start, py::arg("seed"), py::arg("staggered") = false,
           py::call_guard<py::gil_scoped_release>(),
           "Draws all drones and their starts anew; staggered: at random ages of the episode.")
      .def("step", &advance<&VecSim::step>, py::arg("commands"),
           "One control step of the task; episodes that end begin again at once.")
      .def("fly", &advance<&VecSim::fly>, py::arg("commands"),
           "One control step of physics alone: fills truth and estimate.")
      .def_property_readonly("num_drones", &VecSim::num_drones)
      .def_property_readonly("threads", &VecSim::threads)
      .def_property_readonly("isa", &VecSim::isa)
      .def_property_readonly("bytes_per_drone", &VecSim::bytes_per_drone)
      .def_property_readonly(
          "parameters",
          [](const VecSim& self) {
            const std::vector<float> values = self.parameters();
            return FloatArray({static_cast<py::ssize_t>(self.num_drones()),
                               static_cast<py::ssize_t>(kParameterCount)},
                              values.data());
          },
          "Parameters as drawn, a copy, (N, len(PARAMETER_NAMES)).")
      .def_property_readonly(
          "places",
          [](const VecSim& self) {
            const std::vector<std::int32_t> values = self.places();
            return py::array_t<std::int32_t>(
                {static_cast<py::ssize_t>(self.num_drones()), static_cast<py::ssize_t>(2)},
                values.data());
          },
          "Two numbers of the task for each drone. track: first row of its path in the table of all"
          " references, and its present row. race: its next gate, and how many it has passed. all: "
          "as"
          " what it does.")
      .def_property_readonly(
          "kinds",
          [](const VecSim& self) {
            const std::vector<std::int32_t> values = self.kinds();
            return py::array_t<std::int32_t>(static_cast<py::ssize_t>(self.num_drones()),
                                             values.data());
          },
          "Which kind of work each drone is given, (N,): 0, but of a task that mixes several.")
      .def(
          "snapshot",
          [](const VecSim& self) {
            py::array_t<std::uint8_t> out(static_cast<py::ssize_t>(self.snapshot_bytes()));
            self.snapshot(out.mutable_data());
            return out;
          },
          "All that the next step depends on but settings and paths, as bytes.")
      .def(
          "restore",
          [](VecSim& self, const py::array_t<std::uint8_t, py::array::c_style>& bytes) {
            self.restore(bytes.data(), static_cast<std::size_t>(bytes.size()));
          },
          py::arg("snapshot"), "Goes on from a snapshot, to the bit.")
      .def("take_reward_terms", &VecSim::take_reward_terms,
           "Sum of each reward term over all steps since the last call.");
  bind_buffers(sim);
  module.def("instruction_sets", [] {
    std::vector<std::string> names;
    for (const Kernel* kernel : kernels(*tasks().first[0])) {
      if (runs_here(*kernel)) names.emplace_back(kernel->name);
    }
    return names;
  });
}

}  // namespace sim_core::bindings
