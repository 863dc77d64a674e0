// SPDX-License-Identifier: Apache-2.0
/// Everything in one network: hover, track, race and fly in formation. Each drone is asked one of them,
/// and told which by what it sees: a goal that is a point or an opening, how it will move, who is near.
///
/// Kinds go by sixteens of drones, which hold whole worlds and whole registers. Those who track or race
/// are alone in a world of their own; the others share one, each on a path of their formation or, in
/// worlds of both, racing through it.
#pragma once

#include "sim_core/all_view.hpp"
#include "sim_core/tasks/race.hpp"
#include "sim_core/tasks/track.hpp"

namespace sim_core::SIM_CORE_ISA {

struct All : TaskDefaults {
  static constexpr char kName[] = "all";
  static constexpr bool kFollowsPaths = true, kFliesCourses = true, kHasFloor = true;
  static constexpr bool kInWorlds = true;
  static constexpr int kRowPart = kAheadSize;

  /// L is the drone's own level frame: W turned about z so far as the drone is.
  static constexpr Field kObservation[] = {
      {"goal_ahead", kAheadSize, "m", "L", 1.0f},  // where it will be, from where it is
      {"goal_near", 3, "m", "L", 2.0f},            // in full, within kFineM
      {"goal_heading", 2, "1", "L", 1.0f},         // of the nose; 0 where none is asked for
      {"goal_opening", 1, "m", "-", 2.0f},         // half of a gate's; 0: a point
      {"goal_position", 3, "m", "L", 1.0f},        // drawn nearer: see drawn_near
      {"goal_normal", 3, "1", "L", 1.0f},          // the way a gate is passed; 0: a point
      {"after_position", 3, "m", "L", 1.0f},
      {"after_normal", 3, "1", "L", 1.0f},
      {"goals_known", 2, "1", "-", 1.0f},
      {"pole_closeness", 3 * kSeenPoles, "1", "L", 1.0f},
      {"surface_closeness", 3, "1", "L", 1.0f},                  // walls of a race, else the floor
      {"neighbour_closeness", 3 * kNeighbours, "1", "L", 1.0f},  // worst first; 0: nobody
      {"neighbour_velocity", 3 * kNeighbours, "m/s", "L", 0.5f},
      {"neighbour_closest_approach", 3 * kNeighbours, "1", "L", 1.0f},  // if all go on as planned
      {"velocity", 3, "m/s", "L", 0.4f},
      {"thrust_axis", 3, "1", "L", 1.0f},
      {"body_rates", 3, "rad/s", "B", 0.2f},
      {"position_error_integral", 3, "m s", "L", 4.0f},
      {"past_commands", kHistorySize, "N, rad/s", "B", 0.0f},
  };
  static constexpr Field kCritic[] = {
      {"true_goal_position", 3, "m", "L", 1.0f},
      {"true_goal_normal", 3, "1", "L", 1.0f},
      {"true_pole_closeness", 3 * kSeenPoles, "1", "L", 1.0f},
      {"true_velocity_error", 3, "m/s", "L", 0.4f},
      {"true_nearest_distance", 1, "m", "-", 0.5f},
  };
  static constexpr Setting kNumbers[] = {
      {"world.drones", kFewestInWorld, kMostInWorld},
      {"mix.path", 0.0f, 1.0f},
      {"mix.race", 0.0f, 1.0f},
      {"mix.more_races", 0.0f, 1.0f},
      {"mix.formation", 0.0f, 1.0f},
      {"mix.both", 0.0f, 1.0f},
      {"company.start_m", 0.0f, 100.0f},
      {"company.start_share", 0.0f, 1.0f},
      {"company.collision_m", 0.0f, 100.0f},
      {"company.proximity_m", 0.0f, 100.0f},
      {"company_reward.slot", -kAnyNumber, kAnyNumber},
      {"company_reward.haste", -kAnyNumber, kAnyNumber},
      {"company_reward.haste_above_m_s", 0.0f, 100.0f},
      {"company_reward.risk", -kAnyNumber, kAnyNumber},
      {"company_reward.planned_risk", -kAnyNumber, kAnyNumber},
      {"company_reward.proximity", -kAnyNumber, kAnyNumber},
      {"company_reward.crash", -kAnyNumber, kAnyNumber},
      {"path_start.position_m", 0.0f, 100.0f},
      {"path_start.velocity_m_s", 0.0f, 100.0f},
      {"path_start.tilt_rad", 0.0f, 3.1416f},
      {"path_start.yaw_rad", 0.0f, 3.1416f},
      {"path_start.body_rate_rad_s", 0.0f, 100.0f},
      {"episode.max_distance_m", 1e-6f, 1e6f},
      {"episode.path_max_body_rate_rad_s", 1e-6f, 1e6f},
      {"path_reward.scale", -kAnyNumber, kAnyNumber},
      {"path_reward.distance", -kAnyNumber, kAnyNumber},
      {"path_reward.precision", -kAnyNumber, kAnyNumber},
      {"path_reward.precision_width_m", 1e-6f, 1e6f},
      {"path_reward.velocity", -kAnyNumber, kAnyNumber},
      {"path_reward.body_rate", -kAnyNumber, kAnyNumber},
      {"path_reward.heading", -kAnyNumber, kAnyNumber},
      {"path_reward.smoothness", -kAnyNumber, kAnyNumber},
      {"path_reward.overshoot", -kAnyNumber, kAnyNumber},
      {"path_reward.effort", -kAnyNumber, kAnyNumber},
      {"path_reward.crash", -kAnyNumber, kAnyNumber},
      {"race_start.ground", 0.0f, 1.0f},
      {"race_start.hover", 0.0f, 1.0f},
      {"race_start.hover_low_m", 0.0f, 100.0f},
      {"race_start.hover_high_m", 0.0f, 100.0f},
      {"race_start.before_low", 0.0f, 100.0f},
      {"race_start.before_high", 0.0f, 100.0f},
      {"race_start.aside", 0.0f, 100.0f},
      {"race_start.speed_m_s", 0.0f, 100.0f},
      {"race_start.tilt_rad", 0.0f, 3.1416f},
      {"race_start.yaw_rad", 0.0f, 3.1416f},
      {"race_start.known", 0.0f, 1.0f},
      {"episode.max_body_rate_rad_s", 1e-6f, 1e6f},
      {"episode.gates", 0.0f, 1e6f},
      {"episode.collisions", 0.0f, 1.0f},
      {"episode.drone_radius_m", 0.0f, 1.0f},
      {"race_reward.progress", -kAnyNumber, kAnyNumber},
      {"race_reward.gate", -kAnyNumber, kAnyNumber},
      {"race_reward.finish", -kAnyNumber, kAnyNumber},
      {"race_reward.time", -kAnyNumber, kAnyNumber},
      {"race_reward.body_rate", -kAnyNumber, kAnyNumber},
      {"race_reward.smoothness", -kAnyNumber, kAnyNumber},
      {"race_reward.overshoot", -kAnyNumber, kAnyNumber},
      {"race_reward.haste", -kAnyNumber, kAnyNumber},
      {"race_reward.haste_above_m_s", 0.0f, 100.0f},
      {"race_reward.crash", -kAnyNumber, kAnyNumber},
  };
  struct Numbers {
    float drones;
    float path_share, race_share, more_races_share, formation_share, both_share;
    float start_m, start_share, collision_m, proximity_m;
    float slot, haste, haste_above_m_s, risk, planned_risk, near, crash;
    Track::Numbers path;
    Race::Numbers race;  ///< starts before a gate in halves of its opening
  };
  static constexpr const char* kTerms[] = {"progress", "gate",      "finish",     "time",
                                           "distance", "precision", "velocity",   "heading",
                                           "effort",   "body_rate", "smoothness", "overshoot",
                                           "haste",    "risk",      "proximity",  "crash"};
  static constexpr int kTermCount = 16;

  template <class T>
  struct Memory {
    Int<T> alone, racing, more_courses;
    Int<T> again;  ///< whether its path begins again after its end
    Track::Memory<T> path;
    Race::Memory<T> race;
    Mates<T> mates;
  };
  template <class T>
  struct Now : Track::Now<T> {
    Int<T> racing;
  };
  template <class T>
  using Event = Race::Event<T>;

  enum Kind { kPath, kRace, kMoreRaces, kFormation, kBoth };

  /// By shares, and spread as evenly as can be: the golden ratio's multiples.
  static int kind_of(const Numbers& n, std::uint32_t number) {
    const auto size = static_cast<std::uint32_t>(n.drones);
    const std::uint32_t turn = (number / (size > kMostLanes ? size : kMostLanes)) * 2654435769u;
    const float shares[] = {n.path_share, n.race_share, n.more_races_share, n.formation_share,
                            n.both_share};
    float left = 0.0f;
    for (const float share : shares) left += share;
    left *= static_cast<float>(turn >> 8) * (1.0f / (1 << 24));
    int kind = 0;
    while (kind < kBoth && left >= shares[kind]) left -= shares[kind++];
    return kind;
  }

  static BodyState<float> begin(Memory<float>& memory, const Beginning& how) {
    const Numbers n = numbers_of<All>(how.settings);
    const int kind = kind_of(n, how.number);
    memory = Memory<float>{};
    memory.alone = kind != kFormation && kind != kBoth;
    memory.more_courses = kind == kMoreRaces;
    memory.racing = kind == kRace || kind == kMoreRaces ||
                    (kind == kBoth && (draw(how.at, Purpose::kCourse, 63).a & 1u) != 0);
    const bool own = memory.alone != 0;
    memory.again = !own;
    const int paths = how.world.references.formations.first;
    memory.path.place = own ? Track::draw_place(how, paths > 0 ? paths : 1, how.settings.max_steps)
                            : place_in_formation(how, static_cast<int>(n.drones));
    if (memory.racing != 0) {
      const World world = course_world(memory, how.world);
      return Race::begin(memory.race,
                         {how.at, world, how.settings, how.number, how.tick, how.round},
                         in_metres(n.race, world.courses));
    }
    return Track::draw_near(now(memory, how.world).goal, how, own ? n.path : about_slot(n));
  }

  /// Goals are where previews end. Whoever races tells how it moves now, and no more.
  template <class T>
  static Vec3<T> plan(const Now<T>& now, const World& world, const Vec3<T>& p_WB,
                      const Vec3<T>& v_WB) {
    const Vec3<T> goal = last_ahead<T>(world.references, now.spots);
    return select3<T>(Mask<T>(now.racing != 0), v_WB, plan_of<T>(v_WB, goal - p_WB, kPreviewS));
  }

  static bool in_company(const Memory<float>& memory) { return memory.alone == 0; }

  /// In flight: path and course `number`; on the path until it takes another role.
  static void follow(Memory<float>& memory, const World& world, int number) {
    memory = Memory<float>{};
    Track::follow(memory.path, world, number);
    if (world.courses.count > 0) Race::follow(memory.race, world, number % world.courses.count);
  }
  template <class T>
  static void take_role(Memory<T>& memory, std::int32_t role) {
    memory.racing = Int<T>{} + role;
  }

  template <class T>
  static void tick(Memory<T>& memory, const World& world, std::int32_t steps) {
    memory.path.place.row += steps;
    wrap(memory);
    prefetch(world.references, spots_of(memory.path.place));
  }

  template <class T>
  static Now<T> now(const Memory<T>& memory, const World& world) {
    return {Track::now(memory.path, world), memory.racing};
  }

  template <class T>
  static T look_around(Memory<T>& memory, const Met<T>& met) {
    memory.mates = met.mates;
    const Mask<T> alone = memory.alone != 0;
    memory.mates.distance_m = select(alone, splat<T>(kFarM), memory.mates.distance_m);
    memory.mates.risk = select(alone, T{}, memory.mates.risk);
    memory.mates.planned_risk = select(alone, T{}, memory.mates.planned_risk);
    for (Mate<T>& mate : memory.mates.nearest) {
      mate.p_WB.x = select(alone, splat<T>(kFarM), mate.p_WB.x);
    }
    return select(alone, T{}, met.wake_n);
  }

  template <class T>
  static Event<T> advance(Memory<T>& memory, const Now<T>& now, const World& world,
                          const Vec3<T>& p_before, const Pose<T>& pose, const Estimate<T>& seen) {
    const Vec3<T> error = to_heading(now.goal, now.goal.p_WB - seen.p_WB);
    const Mask<T> racing = memory.racing != 0;
    const Mask<T> near = (dot(error, error) < kSettlingM * kSettlingM) & !racing;
    Track::gather(memory.path.integral_H, select3<T>(near, error, Vec3<T>{}));
    if (!any(racing)) return Event<T>{};
    return Race::advance(memory.race, Race::Now<T>{}, course_world(memory, world), p_before, pose,
                         seen);
  }

  template <class T>
  static Score<T, kTermCount> score(Memory<T>& memory, const Now<T>& now, const Event<T>& event,
                                    const Moment<T>& moment, const World& world, const Numbers& n,
                                    const CommandLimits& limits) {
    const Mask<T> racing = memory.racing != 0;
    const auto flown =
        Track::score(memory.path, now, Track::Event<T>{}, moment, world, n.path, limits);
    const T* p = flown.terms;
    const Mask<T> alone = memory.alone != 0;
    const BodyState<T>& body = moment.flyer.drone.body;
    const Vec3<T> astray = body.v_WB - now.goal.v_WB;
    const T haste = max_of(T(dot(astray, astray) - n.haste_above_m_s * n.haste_above_m_s), T{});
    const T near = max_of(T(n.proximity_m - memory.mates.distance_m), T{});
    const T risk = madd(memory.mates.risk, n.risk, T(memory.mates.planned_risk * n.planned_risk));
    const T with[] = {select(alone, T{}, haste) * -n.haste, T{} - risk, near * -n.near};
    const T share = select(alone, splat<T>(1.0), splat<T>(n.slot));
    const T crash = select(alone, p[8], splat<T>(-n.crash));
    // clang-format off
    const T terms[] = {T{}, T{}, T{}, T{}, p[0] * share, p[1] * share, p[2], p[4], p[7], p[3], p[5], p[6],
                       with[0], with[1], with[2], crash};
    // clang-format on
    Score<T, kTermCount> score;
    for (int i = 0; i < kTermCount; ++i) score.terms[i] = terms[i];
    const Mask<T> hit = memory.mates.distance_m < n.collision_m;
    score.failed = flown.failed | hit | (Mask<T>(!alone) & (body.p_WB.z < kGroundedM));
    if (!any(racing)) return score;

    const auto raced = Race::score(memory.race, Race::Now<T>{}, event, moment,
                                   course_world(memory, world), n.race, limits);
    const T* r = raced.terms;
    // clang-format off
    const T instead[] = {r[0], r[1], r[2], r[3], T{}, T{}, T{}, T{}, T{}, r[4], r[5], r[6],
                         r[7], with[1], with[2], r[8]};
    // clang-format on
    for (int i = 0; i < kTermCount; ++i) {
      score.terms[i] = select(racing, instead[i], score.terms[i]);
    }
    score.failed = (racing & (raced.failed | hit)) | (Mask<T>(!racing) & score.failed);
    score.done = racing & raced.done;
    return score;
  }

  template <class T>
  static void write_rows(const Now<T>& now, const Estimate<T>& seen, const World& world, int count,
                         float* rows, int stride) {
    write_ahead(now, seen, world, count, rows, stride);
  }

  /// Everything of the observation behind the row part. The same for q and -q, since only the rotation
  /// matrix enters.
  template <class T>
  static void observe(const Memory<T>& memory, const Now<T>& now, const Estimate<T>& seen,
                      const History<T>& history, const World& world, Pen<T> pen) {
    const World flown = course_world(memory, world);
    const Asked<T> asked = asked_of(memory, now.goal, flown, false);
    const Rotation<T> R_WB = rotation_of(seen.q_WB), R_WL = level_of(seen.q_WB);
    put_asked(asked, seen.p_WB, R_WL, pen);
    put_course(memory, flown, false, seen.p_WB, R_WL, pen);
    put_surfaces(memory, flown, seen.p_WB, R_WL, pen);
    put_mates(memory.mates, seen, plan(now, world, seen.p_WB, seen.v_WB), R_WL, pen);
    pen.put(to_body(R_WL, seen.v_WB), to_body(R_WL, third_column(R_WB)), seen.w_WB_B);
    pen.put(to_body(R_WL, from_heading(now.goal, memory.path.integral_H)), history);
  }

  template <class T>
  static void tell_critic(const Memory<T>& memory, const Now<T>& now, const Flyer<T>& flyer,
                          const World& world, Pen<T> pen) {
    const World flown = course_world(memory, world);
    const BodyState<T>& body = flyer.drone.body;
    const Rotation<T> R_WL = level_of(body.q_WB);
    const Asked<T> asked = asked_of(memory, now.goal, flown, true);
    put_gate(asked.gates.next, body.p_WB, R_WL, pen);
    put_course(memory, flown, true, body.p_WB, R_WL, pen);
    pen.put(to_body(R_WL, asked.v_WB - body.v_WB));
    pen.put(min_of(memory.mates.distance_m, splat<T>(kNearM)));
  }

  template <class T>
  static void place_of(const Memory<T>& memory, int number, std::int32_t out[2]) {
    const bool racing = lane(memory.racing, number) != 0;
    out[0] = racing ? lane(memory.race.gate, number) : lane(memory.path.place.first, number);
    out[1] = racing ? lane(memory.race.passed, number) : lane(memory.path.place.row, number);
  }

 private:
  static constexpr std::uint32_t kMostLanes = 16;

  /// Starts about a slot.
  static Track::Numbers about_slot(const Numbers& n) {
    Track::Numbers about = n.path;
    about.start_position_m = n.start_m;
    about.start_velocity_m_s *= n.start_share;
    about.start_tilt_rad *= n.start_share;
    about.start_yaw_rad *= n.start_share;
    about.start_body_rate_rad_s *= n.start_share;
    return about;
  }

  static constexpr float kFarM = 1e3f;  ///< where nobody is

  /// Lower than this a drone of a formation is on the ground. Source: one that stands is 1.5 cm high.
  static constexpr float kGroundedM = 0.02f;

  /// The courses that these drones race through, in the place of a race's own. One kind a register.
  template <class T>
  static World course_world(const Memory<T>& memory, const World& world) {
    return {world.references,
            lane(memory.more_courses, 0) != 0 ? world.more_courses : world.courses,
            {}};
  }

  static Race::Numbers in_metres(Race::Numbers n, const CourseTable& table) {
    const float half_opening_m = gate_row(table, 0)[kHalfOpening];
    n.before_low_m *= half_opening_m, n.before_high_m *= half_opening_m;
    n.aside_m *= half_opening_m;
    return n;
  }

  /// A world's formation goes on whatever its drones do; each round is another, from another time on.
  static Place<float> place_in_formation(const Beginning& how, int size) {
    const ReferenceTable& table = how.world.references;
    const Formations& all = table.formations;
    const std::uint32_t world = how.number / static_cast<std::uint32_t>(size);
    const auto count = static_cast<std::uint32_t>((table.count - all.first) / size);
    const Draw<float> bits =
        draw(Counter<float>{how.at.seed, world, how.round}, Purpose::kReference, 2);
    const bool in_order = all.in_order != 0;
    const std::uint32_t drawn = (in_order ? world : bits.a >> 8) % count;
    const auto path = static_cast<std::uint32_t>(all.first) +
                      drawn * static_cast<std::uint32_t>(size) +
                      how.number % static_cast<std::uint32_t>(size);
    const std::int32_t first = table.first[path], last = table.last[path];
    const auto length = static_cast<std::uint32_t>(last - first + 1);
    const std::uint32_t since = (how.tick + (in_order ? 0 : (bits.b >> 8) % length)) % length;
    return {first, last, first + static_cast<std::int32_t>(since), table.ahead[path]};
  }

  /// Formations of training begin again after their end; elsewhere one stays there.
  template <class T>
  static void wrap(Memory<T>& memory) {
    Place<T>& place = memory.path.place;
    const Mask<T> over = (memory.again != 0) & (place.row > place.last);
    place.row = select(over, place.first, place.row);
  }
};

}  // namespace sim_core::SIM_CORE_ISA
