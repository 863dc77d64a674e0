// SPDX-License-Identifier: Apache-2.0
/// Wind: a constant vector an episode, and gusts about it. It acts through the drag on the velocity
/// against the air.
#pragma once

#include "sim_core/params.hpp"

namespace sim_core::SIM_CORE_ISA {

/// Gusts [m/s; W]: on each axis a first-order Gauss-Markov process (the simplest of MIL-F-8785C's
/// kind), exact from one control step to the next: g <- k g + s sqrt(1 - k^2) n, k = exp(-dt / time).
template <class T>
struct Gusts {
  Vec3<T> velocity;
};

template <class T>
inline void step_gusts(Gusts<T>& gusts, const Derived<T>& derived, const T normals[3]) {
  gusts.velocity = madd(gusts.velocity, derived.gust_keep,
                        Vec3<T>{normals[0], normals[1], normals[2]} * derived.gust_kick);
}

/// Gusts of an episode's first step: drawn from what the process comes to in the long run.
template <class T>
inline void start_gusts(Gusts<T>& gusts, const Params<T>& params, const T normals[3]) {
  gusts.velocity = Vec3<T>{normals[0], normals[1], normals[2]} * params.gust_m_s;
}

}  // namespace sim_core::SIM_CORE_ISA
