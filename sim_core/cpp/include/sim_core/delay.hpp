// SPDX-License-Identifier: Apache-2.0
/// The link between policy and drone. A policy answers each state as it arrives, so only the sum of
/// the way down and the way up acts on the drone: one delay, in whole physics steps, applied to the
/// command.
#pragma once

#include "sim_core/params.hpp"
#include "sim_core/state.hpp"

namespace sim_core::SIM_CORE_ISA {

constexpr int kLinkSlots = 8;  ///< control steps remembered; a power of two above 20 / 5 + 1
static_assert(kLinkSlots > kMaxLinkDelaySteps / kSubsteps + 1);

template <class T>
struct Link {
  Command<T> sent[kLinkSlots];
};

/// What reaches the drone within one control step: `before` until the remainder of the delay has
/// passed, then `after`.
template <class T>
struct Arriving {
  Command<T> before, after;
};

template <class T>
inline Command<T> select_command(const Mask<T>& mask, const Command<T>& a, const Command<T>& b) {
  return {select(mask, a.thrust_n, b.thrust_n), select3<T>(mask, a.w_B, b.w_B)};
}

/// Sends `command` at control step `tick`, and returns what arrives during that step.
template <class T>
inline Arriving<T> pass_link(Link<T>& link, const Derived<T>& derived, std::uint32_t tick,
                             const Command<T>& command) {
  link.sent[tick % kLinkSlots] = command;
  Arriving<T> arriving{link.sent[(tick - 1) % kLinkSlots], command};
  for (int age = 1; age <= kMaxLinkDelaySteps / kSubsteps; ++age) {
    const Mask<T> due = derived.link_control_steps == static_cast<float>(age);
    const auto back = static_cast<std::uint32_t>(age);
    arriving.after = select_command<T>(due, link.sent[(tick - back) % kLinkSlots], arriving.after);
    arriving.before =
        select_command<T>(due, link.sent[(tick - back - 1) % kLinkSlots], arriving.before);
  }
  return arriving;
}

}  // namespace sim_core::SIM_CORE_ISA
