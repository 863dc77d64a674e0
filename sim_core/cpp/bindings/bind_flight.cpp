// SPDX-License-Identifier: Apache-2.0
#include "rooms.hpp"
#include "sim_core/firmware_sim.hpp"
#include "sim_core/task_session.hpp"

namespace sim_core::bindings {
namespace {

FloatArray rows_of(const std::vector<float>& values, py::ssize_t columns) {
  return FloatArray({static_cast<py::ssize_t>(values.size()) / columns, columns}, values.data());
}

void check_drone(const FirmwareSim& sim, int drone) {
  if (drone < 0 || drone >= sim.count()) {
    throw py::index_error("drone: expected 0 to " + std::to_string(sim.count() - 1) + ", got " +
                          std::to_string(drone));
  }
}

void bind_firmware(py::module_& module) {
  using Three = std::array<float, 3>;
  py::class_<FirmwareSim>(module, "FirmwareSim", "Drones with the firmware's loops inside.")
      .def(
          py::init([](const py::array& parameters, const EstimateNoise& noise, std::uint32_t seed) {
            expect_shape(parameters, "parameters", -1, kParameterCount);
            const auto* data = static_cast<const float*>(parameters.data());
            return std::make_unique<FirmwareSim>(std::vector<float>(data, data + parameters.size()),
                                                 noise, seed);
          }),
          py::arg("parameters"), py::arg("noise"), py::arg("seed"))
      .def(
          "place",
          [](FirmwareSim& sim, int drone, const Three& p_WB, float yaw_rad) {
            check_drone(sim, drone);
            sim.place(drone, p_WB.data(), yaw_rad);
          },
          py::arg("drone"), py::arg("p_WB"), py::arg("yaw_rad") = 0.0f)
      .def(
          "set_off",
          [](FirmwareSim& sim, int drone) {
            check_drone(sim, drone);
            sim.set_off(drone);
          },
          py::arg("drone"))
      .def(
          "set_rate_thrust",
          [](FirmwareSim& sim, int drone, float thrust_n, const Three& w_B) {
            check_drone(sim, drone);
            sim.set_rate_thrust(drone, thrust_n, w_B.data());
          },
          py::arg("drone"), py::arg("thrust_n"), py::arg("w_B"))
      .def(
          "set_position",
          [](FirmwareSim& sim, int drone, const Three& p_WB, float yaw_rad) {
            check_drone(sim, drone);
            sim.set_position(drone, p_WB.data(), yaw_rad);
          },
          py::arg("drone"), py::arg("p_WB"), py::arg("yaw_rad"))
      .def(
          "set_motors",
          [](FirmwareSim& sim, int drone, const std::array<float, 4>& counts) {
            check_drone(sim, drone);
            for (const float count : counts) {
              if (!(count >= 0.0f && count <= 65535.0f)) {
                throw std::invalid_argument("counts: expected 0 to 65535, got " +
                                            std::to_string(count));
              }
            }
            sim.set_motors(drone, counts.data());
          },
          py::arg("drone"), py::arg("counts"),
          "Motor commands M1 to M4 of a firmware outside; none of the loops here acts.")
      .def("step", &FirmwareSim::step, py::arg("steps"), py::call_guard<py::gil_scoped_release>())
      .def_property_readonly("count", &FirmwareSim::count)
      .def_property_readonly("time_s", &FirmwareSim::time_s)
      .def_property_readonly("truth",
                             [](const FirmwareSim& sim) { return rows_of(sim.truth(), 13); })
      .def_property_readonly("estimate",
                             [](const FirmwareSim& sim) { return rows_of(sim.estimate(), 13); })
      .def_property_readonly(
          "imu", [](const FirmwareSim& sim) { return rows_of(sim.imu(), 6); },
          "Filtered gyro [rad/s; B], accelerometer [m/s^2; B], (n, 6).")
      .def_property_readonly(
          "felt", [](const FirmwareSim& sim) { return rows_of(sim.felt(), 6); },
          "The same before the firmware's filters, (n, 6).")
      .def("battery_volts",
           [](const FirmwareSim& sim, int drone) {
             check_drone(sim, drone);
             return sim.battery_volts(drone);
           })
      .def("battery_charge",
           [](const FirmwareSim& sim, int drone) {
             check_drone(sim, drone);
             return sim.battery_charge(drone);
           })
      .def("commanded_thrust_n", [](const FirmwareSim& sim, int drone) {
        check_drone(sim, drone);
        return sim.commanded_thrust_n(drone);
      });
}

void bind_session(py::module_& module) {
  py::class_<TaskSession>(module, "TaskSession", "A task's logic in flight.")
      .def(py::init([](const std::string& name, const CommandLimits& limits,
                       const std::vector<py::array>& references,
                       const std::optional<Courses>& courses, const std::vector<int>& groups) {
             const TaskInfo& task = task_named(name);
             const int count = task.follows_paths || !courses ? static_cast<int>(references.size())
                                                              : courses->count;
             return make_session(task,
                                 WorldData(task, paths_of(references), courses.value_or(Courses{})),
                                 count, limits, groups);
           }),
           py::arg("task"), py::arg("limits"), py::arg("references") = std::vector<py::array>{},
           py::arg("courses") = std::nullopt, py::arg("groups") = std::vector<int>{})
      .def(
          "take_role",
          [](TaskSession& session, int drone, int role) {
            if (drone < 0 || drone >= session.count()) {
              throw std::invalid_argument("drone: expected 0 to " +
                                          std::to_string(session.count() - 1) + ", got " +
                                          std::to_string(drone));
            }
            session.take_role(drone, role);
          },
          py::arg("drone"), py::arg("role"),
          "Of task \"all\": 1 races from now on, 0 keeps to its path.")
      .def_property_readonly("count", &TaskSession::count)
      .def_property_readonly("places",
                             [](const TaskSession& session) {
                               py::array_t<std::int32_t> out(
                                   {static_cast<py::ssize_t>(session.count()), py::ssize_t{2}});
                               session.places(out.mutable_data());
                               return out;
                             })
      .def("reset", &TaskSession::reset, py::arg("hover"))
      .def(
          "observe",
          [](TaskSession& session, const py::array& states, int row, py::array& out) {
            expect_shape(states, "states", session.count(), 13);
            expect_shape(out, "out", session.count(), session.task().observation_size);
            session.observe(static_cast<const float*>(states.data()), row,
                            static_cast<float*>(out.mutable_data()));
          },
          py::arg("states"), py::arg("row"), py::arg("out"),
          "Fills `out` with what the policy sees `row` control steps after the start.")
      .def(
          "decode",
          [](TaskSession& session, const py::array& outputs, py::array& out) {
            expect_shape(outputs, "outputs", session.count(), 4);
            expect_shape(out, "out", session.count(), 4);
            session.decode(static_cast<const float*>(outputs.data()),
                           static_cast<float*>(out.mutable_data()));
          },
          py::arg("outputs"), py::arg("out"),
          "Fills `out` with the limited commands and remembers them as sent.");
}

}  // namespace

void bind_flight(py::module_& module) {
  bind_firmware(module);
  bind_session(module);
}

}  // namespace sim_core::bindings
