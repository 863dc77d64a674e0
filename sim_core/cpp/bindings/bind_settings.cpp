// SPDX-License-Identifier: Apache-2.0
#include "rooms.hpp"

namespace sim_core::bindings {
namespace {

template <std::size_t N>
py::list describe(const Field (&fields)[N]) {
  py::list rows;
  for (const Field& field : fields) {
    rows.append(py::dict(py::arg("name") = field.name, py::arg("size") = field.size,
                         py::arg("unit") = field.unit, py::arg("frame") = field.frame,
                         py::arg("scale") = field.scale));
  }
  return rows;
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
           py::arg("thrust_low_n"), py::arg("thrust_high_n"), py::arg("body_rate_rad_s"));
}

void bind_sections(py::module_& module) {
  py::class_<StartRanges>(module, "StartRanges", "Half-widths of the uniform draws of a start.")
      .def(py::init<>())
      .def_readwrite("position_m", &StartRanges::position_m)
      .def_readwrite("velocity_m_s", &StartRanges::velocity_m_s)
      .def_readwrite("tilt_rad", &StartRanges::tilt_rad)
      .def_readwrite("yaw_rad", &StartRanges::yaw_rad)
      .def_readwrite("body_rate_rad_s", &StartRanges::body_rate_rad_s)
      .def_readwrite("floor_m", &StartRanges::floor_m);
  py::class_<EstimateNoise>(module, "EstimateNoise", "Standard deviations of the state estimate.")
      .def(py::init<>())
      .def_readwrite("position_m", &EstimateNoise::position_m)
      .def_readwrite("position_z_m", &EstimateNoise::position_z_m)
      .def_readwrite("velocity_m_s", &EstimateNoise::velocity_m_s)
      .def_readwrite("velocity_z_m_s", &EstimateNoise::velocity_z_m_s)
      .def_readwrite("attitude_rad", &EstimateNoise::attitude_rad)
      .def_readwrite("body_rate_rad_s", &EstimateNoise::body_rate_rad_s);
  py::class_<TrackReward>(module, "TrackReward", "Weights of the tracking reward.")
      .def(py::init<>())
      .def_readwrite("scale", &TrackReward::scale)
      .def_readwrite("distance", &TrackReward::distance)
      .def_readwrite("precision", &TrackReward::precision)
      .def_readwrite("precision_width_m", &TrackReward::precision_width_m)
      .def_readwrite("velocity", &TrackReward::velocity)
      .def_readwrite("body_rate", &TrackReward::body_rate)
      .def_readwrite("heading", &TrackReward::heading)
      .def_readwrite("smoothness", &TrackReward::smoothness)
      .def_readwrite("overshoot", &TrackReward::overshoot)
      .def_readwrite("effort", &TrackReward::effort)
      .def_readwrite("crash", &TrackReward::crash);
  py::class_<TrackEpisode>(module, "TrackEpisode", "When a tracking episode ends.")
      .def(py::init<>())
      .def_readwrite("max_steps", &TrackEpisode::max_steps)
      .def_readwrite("max_distance_m", &TrackEpisode::max_distance_m)
      .def_readwrite("max_body_rate_rad_s", &TrackEpisode::max_body_rate_rad_s);
}

void set_box(VecSettings& settings, const std::vector<float>& low, const std::vector<float>& high) {
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
  module.attr("REWARD_TERMS") =
      names(*reinterpret_cast<const char* const(*)[kTrackRewardTerms]>(kTrackRewardTermNames));
  module.attr("TRACK_FIELDS") = describe(kTrackFields);
  module.attr("PRIVILEGED_FIELDS") = describe(kPrivilegedFields);
  module.attr("OBSERVATION_SIZE") = kTrackObservationSize;
  module.attr("PRIVILEGED_SIZE") = kPrivilegedSize;
  module.attr("HISTORY_LENGTH") = kHistoryLength;
  module.attr("PHYSICS_STEP_S") = 0.002;
  module.attr("CONTROL_STEP_S") = 0.01;
  module.attr("SUBSTEPS") = kSubsteps;
  module.attr("GRAVITY_M_S2") = 9.81;
  bind_limits(module);
  bind_sections(module);
  py::class_<VecSettings>(module, "VecSettings", "All that a vectorised run is set to.")
      .def(py::init<>())
      .def("set_box", &set_box, py::arg("low"), py::arg("high"),
           "Bounds of every parameter, in the order of PARAMETER_NAMES.")
      .def_readwrite("start", &VecSettings::start)
      .def_readwrite("noise", &VecSettings::noise)
      .def_readwrite("limits", &VecSettings::limits)
      .def_readwrite("reward", &VecSettings::reward)
      .def_readwrite("episode", &VecSettings::episode);
}

}  // namespace sim_core::bindings
