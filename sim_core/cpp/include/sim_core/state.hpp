// SPDX-License-Identifier: Apache-2.0
/// The state of one drone: what the physics moves and what the firmware remembers.
#pragma once

#include "sim_core/vec_math.hpp"

namespace sim_core::SIM_CORE_ISA {

/// Rigid body and rotors.
template <class T>
struct BodyState {
  Vec3<T> p_WB;  ///< m
  Quat<T> q_WB;
  Vec3<T> v_WB;    ///< m/s, in W
  Vec3<T> w_WB_B;  ///< rad/s, in B
  T thrust_n[4];   ///< of each rotor, M1 front-right, then clockwise seen from above
};

/// Collective thrust [N] and body rates [rad/s, B].
template <class T>
struct Command {
  T thrust_n;
  Vec3<T> w_B;
};

/// Commands of the motors M1 to M4: motor counts as a share of full scale, 0 to 1. What the firmware
/// takes as normalised forces of a controller that mixes by itself, and sends on to the motors as
/// generations of it do: see thrust_command.hpp.
template <class T>
struct MotorCommand {
  T share[4];
};

template <class T>
inline BodyState<T> select_body(const Mask<T>& mask, const BodyState<T>& a, const BodyState<T>& b) {
  BodyState<T> chosen;
  chosen.p_WB = select3<T>(mask, a.p_WB, b.p_WB);
  chosen.q_WB = select4<T>(mask, a.q_WB, b.q_WB);
  chosen.v_WB = select3<T>(mask, a.v_WB, b.v_WB);
  chosen.w_WB_B = select3<T>(mask, a.w_WB_B, b.w_WB_B);
  for (int i = 0; i < 4; ++i) chosen.thrust_n[i] = select(mask, a.thrust_n[i], b.thrust_n[i]);
  return chosen;
}

}  // namespace sim_core::SIM_CORE_ISA
