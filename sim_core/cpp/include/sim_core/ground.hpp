// SPDX-License-Identifier: Apache-2.0
/// The floor at z = 0: a drone that touches it stands on its feet.
#pragma once

#include "sim_core/state.hpp"

namespace sim_core::SIM_CORE_ISA {

/// Stops a drone that has sunk to the floor: no sliding, no turning, level, its heading kept.
inline void rest_on_floor(BodyState<float>& body) {
  if (body.p_WB.z > 0.0f || body.v_WB.z > 0.0f) return;
  body.p_WB.z = 0.0f;
  body.v_WB = {0.0f, 0.0f, 0.0f};
  body.w_WB_B = {0.0f, 0.0f, 0.0f};
  const float length = __builtin_sqrtf(body.q_WB.z * body.q_WB.z + body.q_WB.w * body.q_WB.w);
  if (length < 1e-3f) {
    body.q_WB = {0.0f, 0.0f, 0.0f, 1.0f};  // upside down: its heading is lost
  } else {
    body.q_WB = {0.0f, 0.0f, body.q_WB.z / length, body.q_WB.w / length};
  }
}

}  // namespace sim_core::SIM_CORE_ISA
