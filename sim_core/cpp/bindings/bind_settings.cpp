// SPDX-License-Identifier: Apache-2.0
#include "rooms.hpp"

namespace sim_core::bindings {
namespace {

py::dict describe(const Field& field) {
  return py::dict(py::arg("name") = field.name, py::arg("size") = field.size,
                  py::arg("unit") = field.unit, py::arg("frame") = field.frame,
                  py::arg("scale") = field.scale);
}

template <std::size_t N>
py::tuple names(const char* const (&all)[N]) {
  py::tuple out(N);
  for (std::size_t i = 0; i < N; ++i) out[i] = all[i];
  return out;
}

void bind_limits(py::module_& module) {
  py::class_<CommandLimits>(module, "CommandLimits", "What a command may ask for.")
      .def(py::init([](float low, float high, const std::array<float, 3>& rates) {
             return CommandLimits{low, high, {rates[0], rates[1], rates[2]}};
           }),
           py::arg("thrust_low_n"), py::arg("thrust_high_n"), py::arg("body_rate_rad_s"))
      .def_static(
          "motors", [](float low, float high) { return CommandLimits{0.0f, 0.0f, {}, low, high}; },
          py::arg("low"), py::arg("high"),
          "Of a policy that commands motors: shares of full scale.");
}

void bind_noise(py::module_& module) {
  py::class_<EstimateNoise>(module, "EstimateNoise", "Standard deviations of the state estimate.")
      .def(py::init<>())
      .def_readwrite("position_m", &EstimateNoise::position_m)
      .def_readwrite("position_z_m", &EstimateNoise::position_z_m)
      .def_readwrite("velocity_m_s", &EstimateNoise::velocity_m_s)
      .def_readwrite("velocity_z_m_s", &EstimateNoise::velocity_z_m_s)
      .def_readwrite("attitude_rad", &EstimateNoise::attitude_rad)
      .def_readwrite("body_rate_rad_s", &EstimateNoise::body_rate_rad_s);
}

py::dict description(const TaskInfo& task) {
  const auto fields = [](List<Field> all) {
    py::list rows;
    for (const Field& field : all) rows.append(describe(field));
    return rows;
  };
  py::list privileged = fields(task.critic), numbers, terms;
  for (const Field& field : kDroneFields) privileged.append(describe(field));
  for (const Setting& n : task.numbers) numbers.append(py::make_tuple(n.name, n.low, n.high));
  for (const char* term : task.terms) terms.append(term);
  return py::dict(
      py::arg("name") = task.name, py::arg("observation") = fields(task.observation),
      py::arg("privileged") = privileged, py::arg("numbers") = numbers,
      py::arg("reward_terms") = terms, py::arg("observation_size") = task.observation_size,
      py::arg("privileged_size") = task.privileged_size,
      py::arg("follows_paths") = task.follows_paths, py::arg("flies_courses") = task.flies_courses,
      py::arg("control_step_s") = 0.002 * task.step_substeps,
      py::arg("longest_delay_s") = 0.002 * task.longest_delay_steps);
}

float& number_of(TaskSettings& settings, const std::string& name) {
  int index = 0;
  for (const Setting& number : settings.task->numbers) {
    if (name == number.name) return settings.numbers[index];
    ++index;
  }
  throw py::key_error(std::string(settings.task->name) + ": no setting is called " + name);
}

void set_box(TaskSettings& settings, const std::vector<float>& low,
             const std::vector<float>& high) {
  if (low.size() != kParameterCount || high.size() != kParameterCount) {
    throw std::invalid_argument("box: expected " + std::to_string(kParameterCount) +
                                " bounds a side, got " + std::to_string(low.size()) + " and " +
                                std::to_string(high.size()));
  }
  std::copy(low.begin(), low.end(), settings.box.low);
  std::copy(high.begin(), high.end(), settings.box.high);
}

}  // namespace

void bind_settings(py::module_& module) {
  module.attr("PARAMETER_NAMES") =
      names(*reinterpret_cast<const char* const(*)[kParameterCount]>(kParameterNames));
  py::dict described, of_motors;
  const std::string ending = "_motors";
  for (const TaskInfo* task : tasks()) {
    std::string name = task->name;
    const bool motors = task->action == std::string("motors");
    if (motors) name.resize(name.size() - ending.size());  // as the task that its policies fly
    (motors ? of_motors : described)[name.c_str()] = description(*task);
  }
  module.attr("TASKS") = described;
  module.attr("MOTOR_TASKS") = of_motors;
  module.attr("HISTORY_LENGTH") = kHistoryLength;
  module.attr("PHYSICS_STEP_S") = 0.002;
  module.attr("CONTROL_STEP_S") = 0.01;
  module.attr("SUBSTEPS") = kSubsteps;
  module.attr("GRAVITY_M_S2") = 9.81;
  bind_limits(module);
  bind_noise(module);
  py::class_<TaskSettings>(module, "VecSettings", "All that a vectorised run is set to.")
      .def(py::init([](const std::string& task) {
             TaskSettings settings;
             settings.task = &task_named(task);
             return settings;
           }),
           py::arg("task") = "track")
      .def_property_readonly("task", [](const TaskSettings& self) { return self.task->name; })
      .def("set_box", &set_box, py::arg("low"), py::arg("high"),
           "Bounds of every parameter, in the order of PARAMETER_NAMES.")
      .def("__getitem__",
           [](TaskSettings& self, const std::string& name) { return number_of(self, name); })
      .def("__setitem__", [](TaskSettings& self, const std::string& name,
                             float value) { number_of(self, name) = value; })
      .def_readwrite("max_steps", &TaskSettings::max_steps)
      .def_readwrite("noise", &TaskSettings::noise)
      .def_readwrite("limits", &TaskSettings::limits);
}

}  // namespace sim_core::bindings
