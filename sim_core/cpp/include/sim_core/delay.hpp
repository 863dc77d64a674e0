// SPDX-License-Identifier: Apache-2.0
/// The link between policy and drone, or, on board, between gyro and motors. A policy answers each
/// state as it arrives, so only the sum of the way down and the way up acts on the drone: one delay, in
/// whole physics steps, applied to the command. Jitter adds to it, drawn anew every control step; a lost
/// command repeats the last one.
#pragma once

#include "sim_core/action.hpp"
#include "sim_core/params.hpp"
#include "sim_core/rng.hpp"
#include "sim_core/state.hpp"

namespace sim_core::SIM_CORE_ISA {

constexpr int kLinkReach = kMaxLinkDelaySteps / kSubsteps;  ///< most control steps to look back
constexpr int kLinkSlots = 8;  ///< control steps remembered; a power of two above 20 / 5 + 1

template <class T, class A = RateThrust>
struct Link {
  using Sent = typename A::template Sent<T>;
  static_assert(kLinkSlots > A::kLongestDelaySteps / A::kStepSubsteps + 1);
  Sent sent[kLinkSlots];
  Sent arrived;  ///< the newest one that has
  T age;         ///< how many control steps ago it was sent
};

/// What reaches the drone within one control step: `before` until `remainder_steps` have passed, then
/// `after`.
template <class T, class A = RateThrust>
struct Arriving {
  typename A::template Sent<T> before, after;
  T remainder_steps;
};

template <class T>
inline Command<T> select_command(const Mask<T>& mask, const Command<T>& a, const Command<T>& b) {
  return {select(mask, a.thrust_n, b.thrust_n), select3<T>(mask, a.w_B, b.w_B)};
}
template <class T>
inline MotorCommand<T> select_command(const Mask<T>& mask, const MotorCommand<T>& a,
                                      const MotorCommand<T>& b) {
  MotorCommand<T> chosen;
  for (int i = 0; i < 4; ++i) chosen.share[i] = select(mask, a.share[i], b.share[i]);
  return chosen;
}

/// What the link does to one command.
template <class T>
struct Passage {
  T delay_steps;  ///< physics steps
  Mask<T> lost;
};

template <class T>
inline Passage<T> steady_passage(const Derived<T>& derived) {
  return {derived.link_steps, derived.link_steps < T{}};
}

template <class A = RateThrust, class T>
inline Passage<T> draw_passage(const Params<T>& params, const Derived<T>& derived,
                               const Counter<T>& at) {
  const Draw<T> bits = draw(at, Purpose::kLink, 0);
  const T jitter_steps = uniform<T>(bits.a) * params.link_jitter_s * (1.0f / kPhysicsStepS);
  const T steps = derived.link_steps + rounded(jitter_steps);
  return {min_of(steps, splat<T>(A::kLongestDelaySteps)), uniform<T>(bits.b) < params.link_loss};
}

/// A link that has carried nothing but `command`.
template <class T, class A>
inline void settle_link(Link<T, A>& link, const typename A::template Sent<T>& command) {
  for (auto& sent : link.sent) sent = command;
  link.arrived = command;
  link.age = T{} + static_cast<float>(kLinkSlots);
}

/// Fewest and most control steps ago that a command was sent which arrives now, over all drones of a
/// run.
struct LinkRange {
  int low = 0, high = kLinkReach;
};

/// Sends `command` at control step `tick`, and returns what arrives during that step. Commands arrive
/// in order: where one older than the last would be due, the last goes on.
template <class T, class A>
inline Arriving<T, A> pass_link(Link<T, A>& link, const Passage<T>& passage, std::uint32_t tick,
                                const typename A::template Sent<T>& command,
                                const LinkRange& range = {}) {
  constexpr int kSteps = A::kStepSubsteps;
  const auto sent = [&](int steps_ago) -> const typename A::template Sent<T>& {
    return link.sent[(tick - static_cast<std::uint32_t>(steps_ago)) % kLinkSlots];
  };
  link.sent[tick % kLinkSlots] = select_command<T>(passage.lost, sent(1), command);
  // Whole control steps, and physics steps beyond.
  const T drawn = to_number(truncate(madd(passage.delay_steps, 1.0f / kSteps, 0.1f)));
  const T remainder = nmadd(drawn, static_cast<float>(kSteps), passage.delay_steps);
  const T age = min_of(drawn, T(link.age + 1.0f));
  Arriving<T, A> arriving{link.arrived, sent(range.low), remainder};
  for (int back = range.low + 1; back <= range.high; ++back) {
    const Mask<T> due = age == static_cast<float>(back);
    arriving.after = select_command<T>(due, sent(back), arriving.after);
  }
  link.arrived = arriving.after;
  link.age = age;
  return arriving;
}

}  // namespace sim_core::SIM_CORE_ISA
