// SPDX-License-Identifier: Apache-2.0
/// Hovering and tracking: keep to a path of which half a second is seen ahead.
#pragma once

#include "sim_core/preview.hpp"
#include "sim_core/task.hpp"

namespace sim_core::SIM_CORE_ISA {

/// A drone farther from its goal than this [m] is no worse off. Source: no slot of a formation jumps
/// farther than 3.9 m (sim_core/formation_settings.py); who is no better off nearer does not set out.
constexpr float kFarOffM = 4.0f;

struct Track : TaskDefaults {
  static constexpr char kName[] = "track";
  static constexpr bool kFollowsPaths = true;

  /// H is the heading frame: W turned about z by the reference's yaw.
  static constexpr Field kObservation[] = {
      {"reference_now", 3, "m", "H", 2.0f},
      {"reference_ahead", 3 * (kPreviewPoints - 1), "m", "H", 1.0f},
      {"velocity", 3, "m/s", "H", 0.5f},
      {"rotation_HB", 9, "1", "H", 1.0f},
      {"body_rates", 3, "rad/s", "B", 0.2f},
      {"position_error_integral", 3, "m s", "H", 4.0f},
      {"past_commands", kHistorySize, "N, rad/s", "B", 0.0f},
  };
  static constexpr int kRowPart = kPreviewSize;  ///< written drone by drone: `write_rows`
  static constexpr Field kCritic[] = {
      {"true_position_error", 3, "m", "H", 2.0f},
      {"true_velocity_error", 3, "m/s", "H", 0.5f},
  };
  static constexpr Setting kNumbers[] = {
      {"start.position_m", 0.0f, 100.0f},
      {"start.velocity_m_s", 0.0f, 100.0f},
      {"start.tilt_rad", 0.0f, 3.1416f},
      {"start.yaw_rad", 0.0f, 3.1416f},
      {"start.body_rate_rad_s", 0.0f, 100.0f},
      {"episode.max_distance_m", 1e-6f, 1e6f},
      {"episode.max_body_rate_rad_s", 1e-6f, 1e6f},
      {"reward.scale", -kAnyNumber, kAnyNumber},
      {"reward.distance", -kAnyNumber, kAnyNumber},
      {"reward.precision", -kAnyNumber, kAnyNumber},
      {"reward.precision_width_m", 1e-6f, 1e6f},
      {"reward.velocity", -kAnyNumber, kAnyNumber},
      {"reward.body_rate", -kAnyNumber, kAnyNumber},
      {"reward.heading", -kAnyNumber, kAnyNumber},
      {"reward.smoothness", -kAnyNumber, kAnyNumber},
      {"reward.overshoot", -kAnyNumber, kAnyNumber},
      {"reward.effort", -kAnyNumber, kAnyNumber},
      {"reward.crash", -kAnyNumber, kAnyNumber},
  };
  struct Numbers {
    float start_position_m, start_velocity_m_s, start_tilt_rad, start_yaw_rad;
    float start_body_rate_rad_s;
    float max_distance_m, max_body_rate_rad_s;
    float scale, distance, precision, precision_width_m, velocity, body_rate, heading, smoothness;
    float overshoot, effort, crash;
  };
  static constexpr const char* kTerms[] = {"distance",  "precision", "velocity",
                                           "body_rate", "heading",   "smoothness",
                                           "overshoot", "effort",    "crash"};
  static constexpr int kTermCount = 9;

  /// Time constant [s] and bound [m s] of the leaky integral of the position error.
  /// Source: guess; long beside a manoeuvre, short beside a flight.
  static constexpr float kIntegralLeakS = 2.0f;
  static constexpr float kIntegralLimit = 0.25f;

  template <class T>
  struct Memory {
    Vec3<T> integral_H;  ///< m s
    Place<T> place;
  };

  /// The reference at a control step.
  template <class T>
  struct Now {
    Spots<Traits<T>::lanes> spots;
    Goal<T> goal;
  };

  static BodyState<float> begin(Memory<float>& memory, const Beginning& how) {
    memory.integral_H = {0.0f, 0.0f, 0.0f};
    memory.place = draw_place(how, how.world.references.count, how.settings.max_steps);
    const Goal<float> goal = now<float>(memory, how.world).goal;
    return draw_near(goal, how, numbers_of<Track>(how.settings));
  }

  /// A drone about its goal.
  static BodyState<float> draw_near(const Goal<float>& goal, const Beginning& how,
                                    const Numbers& n) {
    const Draw<float> p = draw(how.at, Purpose::kStart, 0), v = draw(how.at, Purpose::kStart, 1);
    const Draw<float> w = draw(how.at, Purpose::kStart, 2);
    BodyState<float> body{};
    body.p_WB = goal.p_WB + spread3(p, n.start_position_m);
    body.v_WB = goal.v_WB + spread3(v, n.start_velocity_m_s);
    body.w_WB_B = spread3(w, n.start_body_rate_rad_s);
    body.q_WB = draw_attitude({p.d, v.d, w.d, 0}, goal.cos_yaw, goal.sin_yaw, n.start_tilt_rad,
                              n.start_yaw_rad);
    return body;
  }

  /// Anywhere on one of the first `paths` of the table, with `rows` of it to come.
  static Place<float> draw_place(const Beginning& how, int paths, int rows) {
    const Draw<float> bits = draw(how.at, Purpose::kReference, 0);
    const ReferenceTable& table = how.world.references;
    const int needed = rows + kPreviewPoints * kPreviewStride;
    int path = static_cast<int>(uniform<float>(bits.a) * static_cast<float>(paths));
    path = path < paths ? path : paths - 1;
    const std::int32_t first = table.first[path], last = table.last[path];
    const std::int32_t spare = last - first - needed > 0 ? last - first - needed : 0;
    const float offset = uniform<float>(bits.b) * static_cast<float>(spare);
    return {first, last, first + static_cast<std::int32_t>(offset), table.ahead[path]};
  }

  /// In flight: path `number` of the table, from its first row on.
  static void follow(Memory<float>& memory, const World& world, int number) {
    const ReferenceTable& table = world.references;
    memory.integral_H = {0.0f, 0.0f, 0.0f};
    memory.place = {table.first[number], table.last[number], table.first[number],
                    table.ahead[number]};
  }

  /// Time goes on by `steps` control steps; asks for what `now` will read.
  template <class T>
  static void tick(Memory<T>& memory, const World& world, std::int32_t steps) {
    memory.place.row += steps;
    prefetch(world.references, spots_of(memory.place));
  }

  template <class T>
  static Now<T> now(const Memory<T>& memory, const World& world) {
    const Spots<Traits<T>::lanes> spots = spots_of(memory.place);
    return {spots, goal_at<T>(world.references.goals, spots)};
  }

  template <class T>
  static Event<T> advance(Memory<T>& memory, const Now<T>& now, const World&, const Vec3<T>&,
                          const Pose<T>&, const Estimate<T>& seen) {
    gather(memory.integral_H, to_heading(now.goal, now.goal.p_WB - seen.p_WB));
    return {};
  }

  /// The leaky integral of a position error [m; H].
  template <class T>
  static void gather(Vec3<T>& integral_H, const Vec3<T>& error_H, float step_s = kControlStepS) {
    const Vec3<T> next =
        madd(error_H, splat<T>(step_s), integral_H * splat<T>(1.0 - step_s / kIntegralLeakS));
    integral_H = clamp3(next, splat<T>(-kIntegralLimit), splat<T>(kIntegralLimit));
  }

  /// A state or an output that is not finite counts as a crash.
  template <class T, class A>
  static Score<T, kTermCount> score(const Memory<T>&, const Now<T>& now, const Event<T>&,
                                    const Moment<T, A>& moment, const World&, const Numbers& n,
                                    const CommandLimits& limits) {
    const BodyState<T>& body = moment.flyer.drone.body;
    const Goal<T>& goal = now.goal;
    const T distance = norm(body.p_WB - goal.p_WB);
    const T ratio = distance * (1.0f / n.precision_width_m);
    const T speed_error = norm(body.v_WB - goal.v_WB);
    const T rates_squared = dot(body.w_WB_B, body.w_WB_B);
    const Rotation<T> R_WB = rotation_of(body.q_WB);
    const T nose_x = R_WB.row_x.x, nose_y = R_WB.row_y.x;
    const T ahead = madd(goal.cos_yaw, nose_x, T(goal.sin_yaw * nose_y));
    const T level2 = madd(nose_x, nose_x, madd(nose_y, nose_y, 1e-6f));

    Score<T, kTermCount> score;
    const Mask<T> inside = distance < n.max_distance_m;
    const T overshoot = command_distance_squared(moment.output, moment.command, limits);
    // False comparisons also catch what is not a number.
    score.failed = !(inside & is_sane(body, overshoot, n.max_body_rate_rad_s));

    const float s = n.scale;
    T* t = score.terms;
    t[0] = (1.0f - min_of(distance, splat<T>(kFarOffM))) * (s * n.distance);
    t[1] = (s * n.precision) / madd(ratio, ratio, 1.0f);
    t[2] = speed_error * (-s * n.velocity);
    t[3] = rates_squared * (-s * n.body_rate);
    t[4] = nmadd(ahead, inverse_root_of(level2), 1.0f) * (-s * n.heading);
    t[5] = command_distance_squared(moment.command, moment.previous, limits) * (-s * n.smoothness);
    t[6] = overshoot * (-s * n.overshoot);
    const T push = surplus(moment.command, moment.flyer, limits);
    t[7] = push * push * (-s * n.effort);
    t[8] = splat<T>(-n.crash);
    return score;
  }

  /// The preview of `count` drones.
  template <class T>
  static void write_rows(const Now<T>& now, const Estimate<T>& seen, const World& world, int count,
                         float* rows, int stride) {
    constexpr int kCount = Traits<T>::lanes;
    T view[kViewSize];
    view_of(seen.p_WB, now.goal, view);
    float views[kCount][kViewSize];
    store_views(view, &views[0][0]);
    for (int i = 0; i < count; ++i) {
      write_preview(world.references.points + now.spots.points[i], views[i], rows + i * stride);
    }
  }

  /// Everything of the observation behind the preview. The same for q and -q, since only the rotation
  /// matrix enters.
  template <class T, class A>
  static void observe(const Memory<T>& memory, const Now<T>& now, const Estimate<T>& seen,
                      const History<T, A>& history, const World&, Pen<T> pen) {
    const Goal<T>& goal = now.goal;
    pen.put(to_heading(goal, seen.v_WB));
    pen.put(turned(rotation_of(seen.q_WB), goal.cos_yaw, goal.sin_yaw));
    pen.put(seen.w_WB_B, memory.integral_H, history);
  }

  template <class T, class A>
  static void tell_critic(const Memory<T>&, const Now<T>& now, const Flyer<T, A>& flyer,
                          const World&, Pen<T> pen) {
    pen.put(to_heading(now.goal, now.goal.p_WB - flyer.drone.body.p_WB));
    pen.put(to_heading(now.goal, now.goal.v_WB - flyer.drone.body.v_WB));
  }

  template <class T>
  static void place_of(const Memory<T>& memory, int number, std::int32_t out[2]) {
    out[0] = lane(memory.place.first, number);
    out[1] = lane(memory.place.row, number);
  }
};

}  // namespace sim_core::SIM_CORE_ISA
