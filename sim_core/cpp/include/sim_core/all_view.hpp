// SPDX-License-Identifier: Apache-2.0
/// What a policy that does everything is shown, in its drone's level frame L: what is asked of it, what
/// stands around, who flies near. A point to be at is an opening without a direction.
#pragma once

#include "sim_core/kernel.hpp"
#include "sim_core/mates.hpp"
#include "sim_core/preview.hpp"
#include "sim_core/race_view.hpp"
#include "sim_core/sensors.hpp"

namespace sim_core::SIM_CORE_ISA {

constexpr int kAheadSize = kPreviewSize - 3;  ///< a preview but its present point

/// How far off a goal is shown in full, on each axis.  # guess
constexpr float kFineM = 1.0f;

/// How near another drone has to come to be felt at all: at 3 m/s half a second.  # guess
constexpr float kNearM = 1.5f;

/// Beyond this a position error is not gathered: the drone is still on its way.  # guess
constexpr float kSettlingM = 0.3f;

/// Axes of L as the columns of a rotation about z. The yaw is the twist about z, which has no jump but
/// upside down.
template <class T>
inline Rotation<T> level_of(const Quat<T>& q) {
  const T ww = q.w * q.w, zz = q.z * q.z;
  const T share = 1.0f / (ww + zz + 1e-9f);
  const T cos = (ww - zz) * share, sin = 2.0f * q.w * q.z * share;
  return {{cos, T(-sin), T{}}, {sin, cos, T{}}, {T{}, T{}, splat<T>(1.0)}};
}

template <class T>
inline Vec3<T> third_column(const Rotation<T>& R) {
  return {R.row_x.z, R.row_y.z, R.row_z.z};
}

/// Turns a vector of the goal's heading frame back into W.
template <class T>
inline Vec3<T> from_heading(const Goal<T>& goal, const Vec3<T>& v_H) {
  return turned(v_H, goal.cos_yaw, T(-goal.sin_yaw));
}

/// Writes where the goals of `count` drones will be, from where they are; of a gate, which stays, zeros.
template <class Now, class T>
inline void write_ahead(const Now& now, const Estimate<T>& seen, const World& world, int count,
                        float* rows, int stride) {
  constexpr int kCount = Traits<T>::lanes;
  const Rotation<T> R_WL = level_of(seen.q_WB);
  const Goal<T> turn = {now.goal.p_WB, {}, R_WL.row_x.x, R_WL.row_y.x};
  T view[kViewSize];
  view_of(now.goal.p_WB, turn, view);
  float views[kCount][kViewSize];
  store_views(view, &views[0][0]);
  for (int i = 0; i < count; ++i) {
    float* row = rows + i * stride;
    if (lane(now.racing, i) != 0) {
      std::memset(row, 0, kAheadSize * sizeof(float));
    } else {
      write_preview(world.references.points + now.spots.points[i] + 3, views[i], row);
    }
  }
}

/// What is asked of a drone.
template <class T>
struct Asked {
  GatesAhead<T> gates;  ///< where the goal is a point: without direction, twice the same
  T half_opening_m;     ///< 0: a point
  T cos_yaw, sin_yaw;   ///< of the nose; 0 where none is asked for
  Vec3<T> v_WB;         ///< m/s; of a gate none
};

/// Half the opening of each lane's gate [m].
template <class T>
inline T half_opening_of(const CourseTable& table, const Int<T>& number) {
  T found{};
  for (int g = 0; g < table.gates; ++g) {
    found = select(Mask<T>(number == g), splat<T>(gate_row(table, g)[kHalfOpening]), found);
  }
  return found;
}

template <class Memory, class T>
inline Asked<T> asked_of(const Memory& memory, const Goal<T>& goal, const World& world,
                         bool truly) {
  const T one = splat<T>(1.0);
  const GatePose<T> point = {goal.p_WB, T{}, T{}};
  Asked<T> asked = {{point, point, one, one}, T{}, goal.cos_yaw, goal.sin_yaw, goal.v_WB};
  const Mask<T> racing = memory.racing != 0;
  if (!any(racing)) return asked;
  const CourseTable& table = world.courses;
  GatesAhead<T> gates = gates_ahead<T>(memory.race, table);
  if (truly) gates.next = gate_at(memory.race, table, memory.race.gate, true);
  asked.gates.next = select_gate<T>(racing, gates.next, asked.gates.next);
  asked.gates.after = select_gate<T>(racing, gates.after, asked.gates.after);
  asked.gates.next_known = select(racing, gates.next_known, one);
  asked.gates.after_known = select(racing, gates.after_known, one);
  asked.half_opening_m = select(racing, half_opening_of<T>(table, memory.race.gate), T{});
  asked.cos_yaw = select(racing, T{}, asked.cos_yaw);
  asked.sin_yaw = select(racing, T{}, asked.sin_yaw);
  asked.v_WB = select3<T>(racing, Vec3<T>{}, asked.v_WB);
  return asked;
}

template <class T>
inline void put_asked(const Asked<T>& asked, const Vec3<T>& p, const Rotation<T>& R_WL,
                      Pen<T>& pen) {
  const Vec3<T> to_goal = to_body(R_WL, asked.gates.next.p - p);
  pen.put(clamp3(to_goal, splat<T>(-kFineM), splat<T>(kFineM)));
  const Vec3<T> nose = to_body(R_WL, Vec3<T>{asked.cos_yaw, asked.sin_yaw, T{}});
  pen.put(nose.x, nose.y, asked.half_opening_m);
  put_gates(asked.gates, p, R_WL, pen);
}

/// Poles and posts, where there is a race.
template <class Memory, class T>
inline void put_course(const Memory& memory, const World& world, bool truly, const Vec3<T>& p,
                       const Rotation<T>& R_WL, Pen<T>& pen) {
  T* first = pen.next;
  const Mask<T> racing = memory.racing != 0;
  if (any(racing)) {
    put_poles(memory.race.course, world.courses, memory.race.known, truly, p, R_WL, pen);
  }
  pen.next = first + 3 * kSeenPoles;
  for (T* entry = first; entry < pen.next; ++entry) {
    *entry = any(racing) ? select(racing, *entry, T{}) : T{};
  }
}

/// Towards the nearest wall on each axis, as long as it is close: 1 at the wall, 0 from kWallReachM on.
/// A drone that does not race has no room around it, but a floor below: z = 0 in W.
template <class Memory, class T>
inline void put_surfaces(const Memory& memory, const World& world, const Vec3<T>& p,
                         const Rotation<T>& R_WL, Pen<T>& pen) {
  const Mask<T> racing = memory.racing != 0;
  const CourseRules& rules = world.courses.rules;
  const auto closeness = [](const T& distance_m) {
    return clamp(T(nmadd(distance_m, 1.0f / kWallReachM, 1.0f)), T{}, splat<T>(2.0));
  };
  const T at[3] = {p.x, p.y, p.z}, otherwise[3] = {T{}, T{}, T{} - closeness(p.z)};
  T towards[3];
  for (int axis = 0; axis < 3; ++axis) {
    const T low = closeness(at[axis] - rules.room_low_m[axis]);
    const T high = closeness(rules.room_high_m[axis] - at[axis]);
    towards[axis] = select(racing, T(high - low), otherwise[axis]);
  }
  pen.put(to_body(R_WL, Vec3<T>{towards[0], towards[1], towards[2]}));
}

/// Directions to the most threatening others, each as long as it is close: 1 where it is, 0 from kNearM
/// on. How they move against the drone, which counts as much. And where they will be when they are
/// nearest, if all go on as planned, which counts the more the sooner that is.
template <class T>
inline void put_mates(const Mates<T>& mates, const Estimate<T>& seen, const Vec3<T>& plan_WB,
                      const Rotation<T>& R_WL, Pen<T>& pen) {
  T share[kNeighbours];
  for (int i = 0; i < kNeighbours; ++i) {
    const Vec3<T> apart = mates.nearest[i].p_WB - seen.p_WB;
    const T distance = sqrt_of(T(dot(apart, apart) + 1e-6f));
    share[i] = max_of(nmadd(distance, 1.0f / kNearM, 1.0f), T{});
    pen.put(to_body(R_WL, apart * T(share[i] / distance)));
  }
  for (int i = 0; i < kNeighbours; ++i) {
    pen.put(to_body(R_WL, (mates.nearest[i].v_WB - seen.v_WB) * share[i]));
  }
  for (int i = 0; i < kNeighbours; ++i) {
    const Threat<T> threat =
        threat_of<T>(mates.nearest[i].p_WB - seen.p_WB, mates.nearest[i].plan_WB - plan_WB);
    const T distance = sqrt_of(T(dot(threat.miss, threat.miss) + 1e-4f));
    const T near = max_of(nmadd(distance, 1.0f / kNearM, 1.0f), T{});
    const T soon = nmadd(threat.in_s, 1.0f / kAheadS, 1.0f);
    pen.put(to_body(R_WL, threat.miss * T(near * soon * share[i] / distance)));
  }
}

}  // namespace sim_core::SIM_CORE_ISA
