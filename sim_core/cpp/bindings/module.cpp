// SPDX-License-Identifier: Apache-2.0
#include "rooms.hpp"

PYBIND11_MODULE(_core, module) {
  module.doc() = "Physics, observation and task logic of Martlet, compiled.";
  sim_core::bindings::bind_courses(module);
  sim_core::bindings::bind_settings(module);
  sim_core::bindings::bind_vec_sim(module);
  sim_core::bindings::bind_flight(module);
  sim_core::bindings::bind_paths(module);
  sim_core::bindings::bind_physics(module);
  sim_core::bindings::bind_replay(module);
}
