// SPDX-License-Identifier: Apache-2.0
/// Flying in formation: the drones of a world each keep to a slot on a circle, trade slots now and then,
/// all at once, and keep clear of each other on the way.
///
/// Episodes are each drone's own. The formation is its world's, and goes by the ticks of the run: every
/// drone works it out from the number of its world, so nobody has to tell the others. A drone knows its
/// neighbours as they truly were one control step before (10 ms), and takes its own estimate of now from
/// that; what it is priced for is the true distance at the begin of the step.
#pragma once

#include "sim_core/formation.hpp"
#include "sim_core/seen_points.hpp"
#include "sim_core/task.hpp"

namespace sim_core::SIM_CORE_ISA {

struct Swarm : TaskDefaults {
  static constexpr char kName[] = "swarm";
  static constexpr bool kInWorlds = true;

  static constexpr Field kObservation[] = {
      {"slot_position", 3, "m", "B", 1.0f},                       // drawn nearer: see drawn_near
      {"slot_near", 3, "m", "B", 2.0f},                           // in full, within kFineM
      {"neighbour_position", 3 * kNeighbours, "m", "B", 2.0f},    // drawn nearer, nearest first
      {"neighbour_velocity", 3 * kNeighbours, "m/s", "B", 0.5f},  // against the drone's own
      {"velocity", 3, "m/s", "B", 0.5f},
      {"rotation_WB", 9, "1", "W", 1.0f},
      {"body_rates", 3, "rad/s", "B", 0.2f},
      {"past_commands", kHistorySize, "N, rad/s", "B", 0.0f},
  };
  static constexpr Field kCritic[] = {
      {"true_slot_position", 3, "m", "B", 1.0f},
      {"true_velocity", 3, "m/s", "B", 0.5f},
      {"true_nearest_distance", 1, "m", "-", 1.0f},
      {"time_to_trade", 1, "s", "-", 0.3f},
  };
  static constexpr Setting kNumbers[] = {
      {"world.drones", kFewestInWorld, kMostInWorld},
      {"formation.radius_low_m", 0.0f, 100.0f},
      {"formation.radius_high_m", 0.0f, 100.0f},
      {"formation.height_m", -100.0f, 100.0f},
      {"formation.rise_m", 0.0f, 100.0f},
      {"formation.trade_s", 0.0f, 1e4f},
      {"start.position_m", 0.0f, 100.0f},
      {"start.velocity_m_s", 0.0f, 100.0f},
      {"start.tilt_rad", 0.0f, 3.1416f},
      {"start.yaw_rad", 0.0f, 3.1416f},
      {"start.body_rate_rad_s", 0.0f, 100.0f},
      {"episode.max_distance_m", 1e-6f, 1e6f},
      {"episode.max_body_rate_rad_s", 1e-6f, 1e6f},
      {"episode.collision_m", 0.0f, 100.0f},
      {"episode.collisions", 0.0f, 1.0f},
      {"reward.scale", -kAnyNumber, kAnyNumber},
      {"reward.distance", -kAnyNumber, kAnyNumber},
      {"reward.precision", -kAnyNumber, kAnyNumber},
      {"reward.precision_width_m", 1e-6f, 1e6f},
      {"reward.velocity", -kAnyNumber, kAnyNumber},
      {"reward.body_rate", -kAnyNumber, kAnyNumber},
      {"reward.smoothness", -kAnyNumber, kAnyNumber},
      {"reward.overshoot", -kAnyNumber, kAnyNumber},
      {"reward.proximity", -kAnyNumber, kAnyNumber},
      {"reward.proximity_m", 0.0f, 100.0f},
      {"reward.collision", -kAnyNumber, kAnyNumber},
      {"reward.crash", -kAnyNumber, kAnyNumber},
  };
  struct Numbers {
    float drones;
    float radius_low_m, radius_high_m, height_m, rise_m, trade_s;
    float start_position_m, start_velocity_m_s, start_tilt_rad, start_yaw_rad;
    float start_body_rate_rad_s;
    float max_distance_m, max_body_rate_rad_s, collision_m, collisions;
    float scale, distance, precision, precision_width_m, velocity, body_rate, smoothness, overshoot;
    float proximity, proximity_m, collision, crash;

    Formation formation() const {
      return {static_cast<std::int32_t>(drones),
              radius_low_m,
              radius_high_m,
              height_m,
              rise_m,
              trade_s};
    }
  };
  static constexpr const char* kTerms[] = {"distance",  "precision",  "velocity",
                                           "body_rate", "smoothness", "overshoot",
                                           "proximity", "collision",  "crash"};
  static constexpr int kTermCount = 9;

  /// How far off the slot's position is shown in full, on each axis.  # guess
  static constexpr float kFineM = 1.0f;

  template <class T>
  struct Memory {
    Post<T> post;
    Mates<T> mates;
  };

  static BodyState<float> begin(Memory<float>& memory, const Beginning& how) {
    const Numbers n = numbers_of<Swarm>(how.settings);
    memory = Memory<float>{};
    memory.post = post_of(n.formation(), how.at.seed, how.number, how.tick);
    const Draw<float> p = draw(how.at, Purpose::kStart, 0), v = draw(how.at, Purpose::kStart, 1);
    const Draw<float> w = draw(how.at, Purpose::kStart, 2);
    BodyState<float> body{};
    body.p_WB = memory.post.slot_W + spread3(p, n.start_position_m);
    body.v_WB = spread3(v, n.start_velocity_m_s);
    body.w_WB_B = spread3(w, n.start_body_rate_rad_s);
    body.q_WB = draw_attitude({p.d, v.d, w.d, 0}, 1.0f, 0.0f, n.start_tilt_rad, n.start_yaw_rad);
    return body;
  }

  /// Before a control step, and once an episode has begun: who is near.
  template <class T>
  static void look_around(Memory<T>& memory, const Mates<T>& mates) {
    memory.mates = mates;
  }

  /// A state or an output that is not finite counts as a crash. Slots are traded after the score: what
  /// is shown next is what is priced next.
  template <class T>
  static Score<T, kTermCount> score(Memory<T>& memory, const Now<T>&, const Event<T>&,
                                    const Moment<T>& moment, const World&, const Numbers& n,
                                    const CommandLimits& limits) {
    const BodyState<T>& body = moment.flyer.drone.body;
    const T distance = norm(body.p_WB - memory.post.slot_W);
    const T ratio = distance * (1.0f / n.precision_width_m);
    const T rates_squared = dot(body.w_WB_B, body.w_WB_B);
    const T overshoot = command_distance_squared(moment.output, moment.command, limits);
    const Mask<T> collided = memory.mates.distance_m < n.collision_m;

    Score<T, kTermCount> score;
    const Mask<T> inside = distance < n.max_distance_m;
    // False comparisons also catch what is not a number.
    score.failed = !(inside & is_sane(body, overshoot, n.max_body_rate_rad_s));
    if (n.collisions > 0.5f) score.failed = score.failed | collided;

    const float s = n.scale;
    T* t = score.terms;
    t[0] = (1.0f - min_of(distance, splat<T>(2.0))) * (s * n.distance);
    t[1] = (s * n.precision) / madd(ratio, ratio, 1.0f);
    t[2] = norm(body.v_WB) * (-s * n.velocity);
    t[3] = rates_squared * (-s * n.body_rate);
    t[4] = command_distance_squared(moment.command, moment.previous, limits) * (-s * n.smoothness);
    t[5] = overshoot * (-s * n.overshoot);
    t[6] = max_of(T(n.proximity_m - memory.mates.distance_m), T{}) * (-s * n.proximity);
    t[7] = select(collided, splat<T>(-s * n.collision), T{});
    t[8] = splat<T>(-n.crash);
    keep_time(memory.post, n.formation());
    return score;
  }

  /// The same for q and -q, since only the rotation matrix enters.
  template <class T>
  static void observe(const Memory<T>& memory, const Now<T>&, const Estimate<T>& seen,
                      const History<T>& history, const World&, Pen<T> pen) {
    const Rotation<T> R_WB = rotation_of(seen.q_WB);
    const Vec3<T> to_slot = to_body(R_WB, memory.post.slot_W - seen.p_WB);
    pen.put(drawn_near(to_slot));
    pen.put(clamp3(to_slot, splat<T>(-kFineM), splat<T>(kFineM)));
    for (const Mate<T>& mate : memory.mates.nearest) {
      pen.put(to_body(R_WB, drawn_near(mate.p_WB - seen.p_WB)));
    }
    for (const Mate<T>& mate : memory.mates.nearest) {
      pen.put(to_body(R_WB, mate.v_WB - seen.v_WB));
    }
    pen.put(to_body(R_WB, seen.v_WB));
    pen.put(R_WB);
    pen.put(seen.w_WB_B);
    pen.put(history);
  }

  template <class T>
  static void tell_critic(const Memory<T>& memory, const Now<T>&, const Flyer<T>& flyer,
                          const World&, Pen<T> pen) {
    const BodyState<T>& body = flyer.drone.body;
    const Rotation<T> R_WB = rotation_of(body.q_WB);
    pen.put(to_body(R_WB, memory.post.slot_W - body.p_WB));
    pen.put(to_body(R_WB, body.v_WB));
    pen.put(memory.mates.distance_m);
    pen.put(T(min_of(to_number(memory.post.steps_left), splat<T>(kLongSteps)) * kControlStepS));
  }

  template <class T>
  static void place_of(const Memory<T>& memory, int number, std::int32_t out[2]) {
    out[0] = lane(memory.post.slot, number);
    out[1] = lane(Int<T>(memory.post.trades), number);
  }
};

}  // namespace sim_core::SIM_CORE_ISA
