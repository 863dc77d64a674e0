// SPDX-License-Identifier: Apache-2.0
/// Racing: through the gates of a course in order, each from its front.
#pragma once

#include "sim_core/course.hpp"
#include "sim_core/race_view.hpp"
#include "sim_core/task.hpp"

namespace sim_core::SIM_CORE_ISA {

struct Race : TaskDefaults {
  static constexpr char kName[] = "race";
  static constexpr bool kFliesCourses = true, kHasFloor = true;

  static constexpr Field kObservation[] = {
      {"gate_position", 3, "m", "B", 1.0f},  // of the next gate, drawn nearer: see drawn_near
      {"gate_normal", 3, "1", "B", 1.0f},
      {"after_position", 3, "m", "B", 1.0f},  // of the one after it
      {"after_normal", 3, "1", "B", 1.0f},
      {"gates_known", 2, "1", "-", 1.0f},  // whether they are shown where they truly stand
      {"pole_closeness", 3 * kSeenPoles, "1", "B", 1.0f},
      {"wall_closeness", 6, "1", "W", 1.0f},
      {"velocity", 3, "m/s", "B", 0.3f},
      {"rotation_WB", 9, "1", "W", 1.0f},
      {"body_rates", 3, "rad/s", "B", 0.2f},
      {"past_commands", kHistorySize, "N, rad/s", "B", 0.0f},
  };
  static constexpr Field kCritic[] = {
      {"true_gate_position", 3, "m", "B", 1.0f},
      {"true_gate_normal", 3, "1", "B", 1.0f},
      {"true_pole_closeness", 3 * kSeenPoles, "1", "B", 1.0f},
      {"true_velocity", 3, "m/s", "B", 0.3f},
  };
  static constexpr Setting kNumbers[] = {
      {"start.ground", 0.0f, 1.0f},
      {"start.hover", 0.0f, 1.0f},
      {"start.hover_low_m", 0.0f, 100.0f},
      {"start.hover_high_m", 0.0f, 100.0f},
      {"start.before_low_m", 0.0f, 100.0f},
      {"start.before_high_m", 0.0f, 100.0f},
      {"start.aside_m", 0.0f, 100.0f},
      {"start.speed_m_s", 0.0f, 100.0f},
      {"start.tilt_rad", 0.0f, 3.1416f},
      {"start.yaw_rad", 0.0f, 3.1416f},
      {"start.known", 0.0f, 1.0f},
      {"episode.max_body_rate_rad_s", 1e-6f, 1e6f},
      {"episode.gates", 0.0f, 1e6f},
      {"episode.collisions", 0.0f, 1.0f},
      {"episode.drone_radius_m", 0.0f, 1.0f},
      {"reward.progress", -kAnyNumber, kAnyNumber},
      {"reward.gate", -kAnyNumber, kAnyNumber},
      {"reward.finish", -kAnyNumber, kAnyNumber},
      {"reward.time", -kAnyNumber, kAnyNumber},
      {"reward.body_rate", -kAnyNumber, kAnyNumber},
      {"reward.smoothness", -kAnyNumber, kAnyNumber},
      {"reward.overshoot", -kAnyNumber, kAnyNumber},
      {"reward.haste", -kAnyNumber, kAnyNumber},
      {"reward.haste_above_m_s", 0.0f, 100.0f},
      {"reward.crash", -kAnyNumber, kAnyNumber},
  };
  struct Numbers {
    float ground, hover, hover_low_m, hover_high_m, before_low_m, before_high_m, aside_m, speed_m_s;
    float tilt_rad, yaw_rad, known;
    float max_body_rate_rad_s, gates, collisions, drone_radius_m;
    float progress, gate, finish, time, body_rate, smoothness, overshoot, haste, haste_above_m_s;
    float crash;
  };
  static constexpr const char* kTerms[] = {"progress",   "gate",      "finish", "time", "body_rate",
                                           "smoothness", "overshoot", "haste",  "crash"};
  static constexpr int kTermCount = 9;

  template <class T>
  struct Memory {
    Int<T> gate;    ///< index of the next gate
    Int<T> passed;  ///< gates passed in this episode
    Int<T> known;   ///< what has been near enough to be seen: see course.hpp
    Int<T> flown;   ///< whether it has left the ground
    Course<T> course;
  };

  /// What came to pass in a control step.
  template <class T>
  struct Event {
    Mask<T> passed;
    GatePose<T> gate;  ///< true pose of the gate that was next before the step
    T half_outer_m;    ///< its frame
    Vec3<T> p_before;
  };

  static BodyState<float> begin(Memory<float>& memory, const Beginning& how) {
    return begin(memory, how, numbers_of<Race>(how.settings));
  }

  static BodyState<float> begin(Memory<float>& memory, const Beginning& how, const Numbers& n) {
    const CourseTable& table = how.world.courses;
    const Draw<float> bits = draw(how.at, Purpose::kCourse, 0);
    follow(memory, how.world, course_of(table, how.number, bits.a));
    draw_course(memory.course, table, course_of(table, how.number, bits.a), how.at);
    const float* start = table.starts + kStartColumns * course_of(table, how.number, bits.a);
    if (uniform<float>(bits.d) < n.known) memory.known = kAllKnown;
    const bool at_start = uniform<float>(bits.b) <= n.ground + n.hover;
    if (at_start) {
      const Draw<float> p = draw(how.at, Purpose::kStart, 0), v = draw(how.at, Purpose::kStart, 1);
      const bool hovers = uniform<float>(bits.b) > n.ground;
      return at_course_start(start, table.rules.draws, n, p, v, hovers);
    }
    memory.flown = 1;
    memory.gate =
        static_cast<std::int32_t>(uniform<float>(bits.c) * static_cast<float>(table.gates));
    memory.gate = memory.gate < table.gates ? memory.gate : table.gates - 1;
    return clear_start(memory, table, how.at, n);
  }

  /// Before the gate, drawn again where nobody could help hitting something.
  static BodyState<float> clear_start(const Memory<float>& memory, const CourseTable& table,
                                      const Counter<float>& at, const Numbers& n) {
    BodyState<float> body{};
    for (std::uint32_t i = 0; i < 2 * kMostTries; i += 2) {
      const Draw<float> p = draw(at, Purpose::kStart, i), v = draw(at, Purpose::kStart, i + 1);
      body = before_gate(memory.course.true_gates[memory.gate], n, p, v);
      const Vec3<float> soon = madd(body.v_WB, kHelplessS, body.p_WB);
      if (!touches_anything(memory.course, table, body.p_WB, soon, n.drone_radius_m)) break;
    }
    return body;
  }

  /// How often a start is drawn, and how long a drone flies on whatever it is told.  # guess: a third of
  /// a second passes till a drone at 2.5 m/s has stopped
  static constexpr std::uint32_t kMostTries = 4;
  static constexpr float kHelplessS = 0.15f;

  static int course_of(const CourseTable& table, std::uint32_t number, std::uint32_t bits) {
    if (table.rules.in_order != 0) return static_cast<int>(number) % table.count;
    const int drawn = static_cast<int>(uniform<float>(bits) * static_cast<float>(table.count));
    return drawn < table.count ? drawn : table.count - 1;
  }

  static BodyState<float> at_course_start(const float* start, const CourseDraws& draws,
                                          const Numbers& n, const Draw<float>& p,
                                          const Draw<float>& v, bool hovers) {
    BodyState<float> body{};
    body.p_WB = {start[0] + spread(p.a, draws.start_m[0]), start[1] + spread(p.b, draws.start_m[1]),
                 start[2] + spread(p.c, draws.start_m[2])};
    if (hovers) body.p_WB.z = between(p.d, n.hover_low_m, n.hover_high_m);
    const SinCos<float> yaw = sin_cos_of(start[3] + spread(v.a, draws.start_yaw_rad));
    body.q_WB = draw_attitude({v.b, v.c, v.d, 0}, yaw.cos, yaw.sin, hovers ? n.tilt_rad : 0.0f,
                              hovers ? n.yaw_rad : 0.0f);
    return body;
  }

  static BodyState<float> before_gate(const GatePose<float>& gate, const Numbers& n,
                                      const Draw<float>& p, const Draw<float>& v) {
    BodyState<float> body{};
    const Vec3<float> ahead = {gate.cos_yaw, gate.sin_yaw, 0.0f};
    const Vec3<float> left = {-gate.sin_yaw, gate.cos_yaw, 0.0f};
    body.p_WB = gate.p - ahead * between(p.a, n.before_low_m, n.before_high_m) +
                left * spread(p.b, n.aside_m) + Vec3<float>{0.0f, 0.0f, spread(p.c, n.aside_m)};
    body.p_WB.z = max_of(body.p_WB.z, 0.2f);
    body.v_WB = ahead * (uniform<float>(p.d) * n.speed_m_s);
    body.q_WB =
        draw_attitude({v.a, v.b, v.c, 0}, gate.cos_yaw, gate.sin_yaw, n.tilt_rad, n.yaw_rad);
    return body;
  }

  /// In flight: course `number` of the table, from its first gate on.
  static void follow(Memory<float>& memory, const World& world, int number) {
    memory = Memory<float>{};
    memory.gate = static_cast<std::int32_t>(world.courses.starts[kStartColumns * number + 4]);
    CourseTable still = world.courses;
    still.rules.draws = CourseDraws{};
    draw_course(memory.course, still, number, Counter<float>{0, 0, 0});
  }

  template <class T>
  static Event<T> advance(Memory<T>& memory, const Now<T>&, const World& world,
                          const Vec3<T>& p_before, const Pose<T>& pose, const Estimate<T>&) {
    const CourseTable& table = world.courses;
    Event<T> event;
    event.gate = gate_at(memory, table, memory.gate, true);
    event.half_outer_m = half_outer_of<T>(table, memory.gate);
    event.p_before = p_before;
    event.passed = passes(event.gate, table, memory.gate, p_before, pose.p_WB);
    const Int<T> one = Int<T>{} + 1;
    memory.passed = memory.passed + select(event.passed, one, Int<T>{});
    memory.gate = select(event.passed, following(memory.gate, table), memory.gate);
    memory.known = seen_from(memory.course, table, memory.known, pose.p_WB);
    return event;
  }

  /// `passed` says whether the race is over; laps without end never are.
  template <class T>
  static Mask<T> finished(const Memory<T>& memory, const CourseTable& table, float gates) {
    const auto wanted = static_cast<std::int32_t>(
        gates > 0.0f ? gates : static_cast<float>(table.rules.laps * table.gates));
    if (wanted == 0) return Mask<T>{};
    return memory.passed >= wanted;
  }

  template <class T>
  static Score<T, kTermCount> score(Memory<T>& memory, const Now<T>&, const Event<T>& event,
                                    const Moment<T>& moment, const World& world, const Numbers& n,
                                    const CommandLimits& limits) {
    const CourseTable& table = world.courses;
    const BodyState<T>& body = moment.flyer.drone.body;
    const Vec3<T>& p = body.p_WB;
    const T rates_squared = dot(body.w_WB_B, body.w_WB_B);
    const T overshoot = command_distance_squared(moment.output, moment.command, limits);

    Score<T, kTermCount> score;
    const Mask<T> off_ground = p.z >= n.drone_radius_m;
    const Mask<T> up = p.z > 2.0f * n.drone_radius_m;
    memory.flown = select(up, Int<T>{} + 1, memory.flown);
    const Mask<T> landed = (memory.flown != 0) & !off_ground;
    const Mask<T> sane = is_sane(body, overshoot, n.max_body_rate_rad_s);
    score.failed = (!(sane & within_room<T>(table, p))) | landed;
    if (n.collisions > 0.5f) {
      score.failed = score.failed |
                     touches_anything(memory.course, table, event.p_before, p, n.drone_radius_m);
    }
    score.done = finished(memory, table, n.gates) & event.passed & !score.failed;

    T* t = score.terms;
    const T to_go = way_to(event.gate, event.half_outer_m, p);
    t[0] = (way_to(event.gate, event.half_outer_m, event.p_before) -
            select(event.passed, T{}, to_go)) *
           n.progress;
    t[1] = select(event.passed, splat<T>(n.gate), T{});
    t[2] = select(score.done, splat<T>(n.finish), T{});
    t[3] = splat<T>(-n.time);
    t[4] = rates_squared * -n.body_rate;
    t[5] = command_distance_squared(moment.command, moment.previous, limits) * -n.smoothness;
    t[6] = overshoot * -n.overshoot;
    // Fast towards a gate that may stand elsewhere than told.
    const T haste = T(dot(body.v_WB, body.v_WB) - n.haste_above_m_s * n.haste_above_m_s);
    const T blindly = splat<T>(1.0) - is_known<T>(table, memory.known, memory.gate);
    t[7] = max_of(haste, T{}) * blindly * -n.haste;
    t[8] = splat<T>(-n.crash);
    return score;
  }

  template <class T>
  static void observe(const Memory<T>& memory, const Now<T>&, const Estimate<T>& seen,
                      const History<T>& history, const World& world, Pen<T> pen) {
    const CourseTable& table = world.courses;
    const Rotation<T> R_WB = rotation_of(seen.q_WB);
    put_gates(gates_ahead<T>(memory, table), seen.p_WB, R_WB, pen);
    put_poles(memory.course, table, memory.known, false, seen.p_WB, R_WB, pen);
    put_walls(table, seen.p_WB, pen);
    pen.put(to_body(R_WB, seen.v_WB), R_WB, seen.w_WB_B, history);
  }

  template <class T>
  static void tell_critic(const Memory<T>& memory, const Now<T>&, const Flyer<T>& flyer,
                          const World& world, Pen<T> pen) {
    const CourseTable& table = world.courses;
    const BodyState<T>& body = flyer.drone.body;
    const Rotation<T> R_WB = rotation_of(body.q_WB);
    put_gate(gate_at(memory, table, memory.gate, true), body.p_WB, R_WB, pen);
    put_poles(memory.course, table, memory.known, true, body.p_WB, R_WB, pen);
    pen.put(to_body(R_WB, body.v_WB));
  }

  template <class T>
  static void place_of(const Memory<T>& memory, int number, std::int32_t out[2]) {
    out[0] = lane(memory.gate, number);
    out[1] = lane(memory.passed, number);
  }
};

}  // namespace sim_core::SIM_CORE_ISA
