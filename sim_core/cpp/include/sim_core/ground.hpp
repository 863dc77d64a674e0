// SPDX-License-Identifier: Apache-2.0
/// The floor at z = 0: a drone that touches it stands on its feet.
#pragma once

#include "sim_core/state.hpp"

namespace sim_core::SIM_CORE_ISA {

/// Stops a drone that has sunk to the floor: no sliding, no turning, level, its heading kept; upside
/// down its heading is lost.
template <class T>
inline void rest_on_floor(BodyState<T>& body) {
  const Mask<T> down = (body.p_WB.z <= T{}) & (body.v_WB.z <= T{});
  if (!any(down)) return;
  const T length2 = madd(body.q_WB.z, body.q_WB.z, T(body.q_WB.w * body.q_WB.w));
  const Mask<T> lost = length2 < 1e-6f;
  const T inverse = 1.0f / sqrt_of(max_of(length2, splat<T>(1e-6)));
  const T z = select(lost, T{}, T(body.q_WB.z * inverse));
  const T w = select(lost, splat<T>(1.0), T(body.q_WB.w * inverse));
  const Vec3<T> none = {T{}, T{}, T{}};
  body.p_WB.z = select(down, T{}, body.p_WB.z);
  body.v_WB = select3<T>(down, none, body.v_WB);
  body.w_WB_B = select3<T>(down, none, body.w_WB_B);
  body.q_WB = select4<T>(down, {T{}, T{}, z, w}, body.q_WB);
}

}  // namespace sim_core::SIM_CORE_ISA
