// SPDX-License-Identifier: Apache-2.0
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <optional>

#include "training/learner.hpp"

namespace training {
namespace {

namespace py = pybind11;
using FloatArray = py::array_t<float, py::array::c_style>;
using OrderArray = py::array_t<std::uint32_t, py::array::c_style>;

Half& half_of(Learner& learner, bool critic) { return critic ? learner.critic : learner.actor; }

/// Weights and Adam's moments in PyTorch's order.
void load(Learner& learner, bool critic, const std::vector<FloatArray>& vectors, long adam_steps) {
  Half& half = half_of(learner, critic);
  for (const FloatArray& vector : vectors) {
    if (vector.size() == half.shape.parameters() && vectors.size() == 3) continue;
    throw std::invalid_argument("load: expected three vectors of " +
                                std::to_string(half.shape.parameters()) + " numbers, got " +
                                std::to_string(vector.size()));
  }
  pack(half.shape, vectors[0].data(), half.flat.data());
  pack(half.shape, vectors[1].data(), half.mean.data());
  pack(half.shape, vectors[2].data(), half.square.data());
  half.adam_steps = adam_steps;
  half.turn();
}

FloatArray vector_of(const Half& half, const Lines& lines) {
  FloatArray out(half.shape.parameters());
  unpack(half.shape, lines.data(), out.mutable_data());
  return out;
}

py::tuple save(Learner& learner, bool critic) {
  const Half& half = half_of(learner, critic);
  return py::make_tuple(vector_of(half, half.flat), vector_of(half, half.mean),
                        vector_of(half, half.square), half.adam_steps);
}

py::dict dict_of(const Figures& figures) {
  py::dict out;
  out["policy_loss"] = figures.policy_loss;
  out["value_loss"] = figures.value_loss;
  out["actor_gradient_norm"] = figures.actor_norm;
  out["critic_gradient_norm"] = figures.critic_norm;
  out["physics_s"] = figures.physics_s;
  out["inference_s"] = figures.inference_s;
  out["update_s"] = figures.update_s;
  const Fault& fault = figures.fault;
  out["fault"] = fault.what == Fault::kNothing
                     ? py::object(py::none())
                     : py::object(py::make_tuple(fault.what, fault.environment, fault.tick,
                                                 fault.entry, fault.tensor));
  return out;
}

const std::uint32_t* checked(const Learner& learner, const OrderArray& order, long expected) {
  if (expected > 0 && order.size() != expected) {
    throw std::invalid_argument("order: expected " + std::to_string(expected) + " rows, got " +
                                std::to_string(order.size()));
  }
  for (py::ssize_t i = 0; i < order.size(); ++i) {
    if (order.data()[i] >= static_cast<std::uint32_t>(learner.samples())) {
      throw std::invalid_argument("order: expected rows below " +
                                  std::to_string(learner.samples()) + ", got " +
                                  std::to_string(order.data()[i]));
    }
  }
  return order.data();
}

template <Lines Learner::* Member>
FloatArray view(py::object self) {
  auto& learner = self.cast<Learner&>();
  const Lines& lines = learner.*Member;
  return FloatArray({static_cast<py::ssize_t>(lines.size())}, lines.data(), self);
}

py::dict update(Learner& learner, float rate, const std::optional<OrderArray>& orders, int epochs) {
  Figures figures;
  const std::uint32_t* rows =
      orders ? checked(learner, *orders, static_cast<long>(epochs) * learner.samples()) : nullptr;
  {
    py::gil_scoped_release release;
    learner.update(rate, rows, figures);
  }
  return dict_of(figures);
}

py::dict differentiate(Learner& learner, const OrderArray& order) {
  Figures figures;
  learner.differentiate(checked(learner, order, 0), static_cast<int>(order.size()), figures);
  py::dict out = dict_of(figures);
  out["actor"] = vector_of(learner.actor, learner.actor.gradient);
  out["critic"] = vector_of(learner.critic, learner.critic.gradient);
  return out;
}

/// One update, rollout and all, without the interpreter.
py::dict train(Learner& learner, float rate) {
  Figures figures;
  {
    py::gil_scoped_release release;
    learner.collect(figures);
    if (figures.fault.what == Fault::kNothing) learner.update(rate, nullptr, figures);
  }
  return dict_of(figures);
}

py::dict collect(Learner& learner) {
  Figures figures;
  {
    py::gil_scoped_release release;
    learner.collect(figures);
  }
  return dict_of(figures);
}

py::dict fly(Learner& learner, int steps) {
  Figures figures;
  {
    py::gil_scoped_release release;
    learner.fly(steps, figures);
  }
  return dict_of(figures);
}

void bind_settings(py::module_& module) {
  py::class_<Settings>(module, "Settings")
      .def(py::init<>())
      .def_readwrite("horizon", &Settings::horizon)
      .def_readwrite("epochs", &Settings::epochs)
      .def_readwrite("minibatch", &Settings::minibatch)
      .def_readwrite("discounts", &Settings::discounts)
      .def_readwrite("trace", &Settings::trace)
      .def_readwrite("clip", &Settings::clip)
      .def_readwrite("entropy", &Settings::entropy)
      .def_readwrite("max_gradient_norm", &Settings::max_gradient_norm)
      .def_readwrite("min_log_std", &Settings::min_log_std)
      .def_readwrite("keep_mean", &Settings::keep_mean)
      .def_readwrite("keep_square", &Settings::keep_square)
      .def_readwrite("epsilon", &Settings::epsilon)
      .def_readwrite("seed", &Settings::seed);
  py::class_<Ranges>(module, "Ranges")
      .def(py::init<>())
      .def_readwrite("observation_offset", &Ranges::observation_offset)
      .def_readwrite("observation_scale", &Ranges::observation_scale)
      .def_readwrite("privileged_offset", &Ranges::privileged_offset)
      .def_readwrite("privileged_scale", &Ranges::privileged_scale)
      .def_readwrite("command_center", &Ranges::command_center)
      .def_readwrite("command_half_range", &Ranges::command_half_range);
  py::class_<Network>(module, "Network")
      .def(py::init(
               [](int inputs, int constant, int first, int second, int outputs, bool deviations) {
                 return Network{inputs, constant, first, second, outputs, deviations};
               }),
           py::arg("inputs"), py::arg("constant"), py::arg("first"), py::arg("second"),
           py::arg("outputs"), py::arg("deviations"));
}

}  // namespace

PYBIND11_MODULE(_native, module) {
  module.doc() = "Proximal policy optimisation of small networks, compiled.";
  py::module_::import("sim_core._core");  // VecSim is registered there
  bind_settings(module);
  py::class_<Learner>(module, "Learner")
      .def(py::init<sim_core::VecSim&, const Settings&, const Ranges&, const Network&,
                    const Network&, const std::string&>(),
           py::arg("sim"), py::arg("settings"), py::arg("ranges"), py::arg("actor"),
           py::arg("critic"), py::arg("isa") = "auto", py::keep_alive<1, 2>())
      .def("load", &load, py::arg("critic"), py::arg("vectors"), py::arg("adam_steps"))
      .def("save", &save, py::arg("critic"))
      .def("train", &train, py::arg("rate"))
      .def("collect", &collect)
      .def("update", &update, py::arg("rate"), py::arg("orders"), py::arg("epochs"))
      .def("differentiate", &differentiate, py::arg("order"))
      .def("fly", &fly, py::arg("steps"))
      .def_readwrite("tick", &Learner::tick)
      .def_readonly("stride", &Learner::stride)
      .def_property_readonly("isa", &Learner::isa)
      .def_property_readonly("inputs", &view<&Learner::inputs>)
      .def_property_readonly("actions", &view<&Learner::actions>)
      .def_property_readonly("log_probs", &view<&Learner::log_probs>)
      .def_property_readonly("rewards", &view<&Learner::rewards>)
      .def_property_readonly("counts", &view<&Learner::counts>)
      .def_property_readonly("values", &view<&Learner::values>)
      .def_property_readonly("advantages", &view<&Learner::advantages>)
      .def_property_readonly("returns", &view<&Learner::returns>)
      .def_property_readonly("weights", &view<&Learner::weights>);
  module.def(
      "tanh",
      [](const FloatArray& x, const std::string& isa) {
        FloatArray y(x.size());
        choose_kernel(isa)->tanh(x.data(), static_cast<int>(x.size()), y.mutable_data());
        return y;
      },
      py::arg("x"), py::arg("isa") = "auto");
  module.def("instruction_sets", [] {
    int count = 0;
    const Kernel* const* all = kernels(&count);
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i) {
      if (runs_here(*all[i])) names.emplace_back(all[i]->name);
    }
    return names;
  });
}

}  // namespace training
