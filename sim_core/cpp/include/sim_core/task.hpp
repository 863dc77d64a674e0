// SPDX-License-Identifier: Apache-2.0
/// What every task under tasks/ is written with. A task is a struct of static members: its lists of
/// names, what it remembers of a drone (`Memory`), how an episode begins, and after each control step
/// what has come to pass, what it is worth, and what policy and critic see of it. docs/tasks.md walks
/// through one.
#pragma once

#include "sim_core/flyer.hpp"
#include "sim_core/kernel.hpp"

namespace sim_core::SIM_CORE_ISA {

/// What a task inherits and only names where it is otherwise: no paths, no courses, no floor; a world
/// in which nothing moves but the drone, and nothing comes to pass.
struct TaskDefaults {
  using Action = RateThrust;  ///< what its policies command
  static constexpr bool kFollowsPaths = false, kFliesCourses = false, kHasFloor = false;
  /// Others fly in the same world: the task then has a number `world.drones`, and is told who is near
  /// by `look_around(memory, met)`, and tells which share of the others' wakes it feels.
  static constexpr bool kInWorlds = false;
  static constexpr int kRowPart = 0;  ///< entries of the observation that `write_rows` writes

  /// What can be read off the world at a control step, and what came to pass in one.
  template <class T>
  struct Now {};
  template <class T>
  struct Event {};

  /// Whether others fly around a drone that has begun: its time is then its world's.
  template <class Memory>
  static bool in_company(const Memory&) {
    return false;
  }

  /// In flight: path, or course, `number` of the world, from its beginning on.
  template <class Memory>
  static void follow(Memory& memory, const World&, int /*number*/) {
    memory = Memory{};
  }

  /// Time goes on by `steps` control steps.
  template <class Memory>
  static void tick(Memory&, const World&, std::int32_t /*steps*/) {}

  template <class T, class Memory>
  static Now<T> now(const Memory&, const World&) {
    return {};
  }

  /// The same once `advance` has been.
  template <class Now, class Memory>
  static const Now& after(const Now& now, const Memory&, const World&) {
    return now;
  }

  template <class Memory, class Now, class T>
  static Event<T> advance(Memory&, const Now&, const World&, const Vec3<T>& /*p_before*/,
                          const Pose<T>&, const Estimate<T>& /*seen*/) {
    return {};
  }

  /// In flight, of a task that has several: what is asked of the drone from now on.
  template <class Memory>
  static void take_role(Memory&, std::int32_t /*role*/) {}

  /// Which kind of work a drone is given for all its episodes, of a task that mixes several.
  template <class Numbers>
  static int kind_of(const Numbers&, std::uint32_t /*number*/) {
    return 0;
  }

  /// Two numbers for people: see Kernel::read_places.
  template <class Memory>
  static void place_of(const Memory&, int /*number*/, std::int32_t out[2]) {
    out[0] = out[1] = 0;
  }
};

/// A reward, term by term, and whether the episode ends.
template <class T, int Terms>
struct Score {
  T terms[Terms];
  Mask<T> failed;  ///< a crash: the last term, the price of it, alone counts
  Mask<T> done{};  ///< the task is fulfilled
};

/// What a score may look at, beside the task's own memory.
template <class T, class A = RateThrust>
struct Moment {
  using Sent = typename A::template Sent<T>;
  const Flyer<T, A>& flyer;  ///< after the step
  const Sent& output;        ///< of the policy, not limited
  const Sent& command;       ///< what was made of it
  const Sent& previous;      ///< the command before
};

/// The begin of an episode, one drone at a time.
struct Beginning {
  Counter<float> at;
  const World& world;
  const VecSettings& settings;
  std::uint32_t number;  ///< of the drone
  std::uint32_t tick;    ///< of the run
  std::uint32_t round;   ///< of its world: drones of one begin together
};

/// Beyond this an output is no command, in squared half ranges: a million half ranges off.
/// Source: guess; far above what a policy explores, far below where the square overflows.
constexpr float kSaneOvershoot = 1e12f;

/// Neither spinning nor commanded beyond reason; false of a state or an output that is not finite.
template <class T>
inline Mask<T> is_sane(const BodyState<T>& body, const T& overshoot, float max_body_rate_rad_s) {
  const T rates_squared = dot(body.w_WB_B, body.w_WB_B);
  return (rates_squared < max_body_rate_rad_s * max_body_rate_rad_s) & (overshoot < kSaneOvershoot);
}

/// Uniform in (-half_width, half_width).
inline float spread(std::uint32_t bits, float half_width) {
  return (uniform<float>(bits) * 2.0f - 1.0f) * half_width;
}

/// The same of three numbers.
inline Vec3<float> spread3(const Draw<float>& bits, float half_width) {
  return {spread(bits.a, half_width), spread(bits.b, half_width), spread(bits.c, half_width)};
}

/// Uniform in (low, high).
inline float between(std::uint32_t bits, float low, float high) {
  return uniform<float>(bits) * (high - low) + low;
}

/// Heading `cos_yaw`, `sin_yaw`, turned by at most `yaw_rad` and tilted by at most `tilt_rad` about a
/// horizontal axis of any direction, as the bits have it.
inline Quat<float> draw_attitude(const Draw<float>& bits, float cos_yaw, float sin_yaw,
                                 float tilt_rad, float yaw_rad) {
  const SinCos<float> axis = sin_cos_of_turns(uniform<float>(bits.a));
  const SinCos<float> half = sin_cos_of(uniform<float>(bits.b) * (0.5f * tilt_rad));
  const Quat<float> tilt = {axis.cos * half.sin, axis.sin * half.sin, 0.0f, half.cos};
  const SinCos<float> turn = sin_cos_of(spread(bits.c, 0.5f * yaw_rad));
  // Half the yaw from its cosine and sine; near +-pi either half will do.
  const float half_cos = sqrt_of(max_of(0.5f + 0.5f * cos_yaw, 0.0f));
  const float half_sin =
      (sin_yaw < 0.0f ? -1.0f : 1.0f) * sqrt_of(max_of(0.5f - 0.5f * cos_yaw, 0.0f));
  const Quat<float> heading = {0.0f, 0.0f, half_sin, half_cos};
  const Quat<float> offset = {0.0f, 0.0f, turn.sin, turn.cos};
  return normalized(heading * (offset * tilt));
}

/// A task's numbers, by name.
template <class Task>
inline typename Task::Numbers numbers_of(const VecSettings& settings) {
  constexpr std::size_t kCount = sizeof(Task::kNumbers) / sizeof(Setting);
  static_assert(sizeof(typename Task::Numbers) == kCount * sizeof(float), "a float for each name");
  static_assert(kCount <= kMostNumbers, "raise kMostNumbers");
  typename Task::Numbers numbers;
  std::memcpy(&numbers, settings.numbers, sizeof numbers);
  return numbers;
}

}  // namespace sim_core::SIM_CORE_ISA
