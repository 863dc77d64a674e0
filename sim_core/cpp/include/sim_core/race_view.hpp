// SPDX-License-Identifier: Apache-2.0
/// What a racing policy is shown of its course, and how far it is from a gate.
#pragma once

#include "sim_core/course.hpp"
#include "sim_core/drone_part.hpp"
#include "sim_core/seen_points.hpp"

namespace sim_core::SIM_CORE_ISA {

constexpr int kSeenPoles = 2;  ///< the nearest poles or posts

/// How near something has to come to be felt at all.  # guess: half a second at racing speed
constexpr float kPoleReachM = 1.5f, kWallReachM = 1.0f;

/// The way round a gate that is behind: to a point before its plane, clear of its frame, and from there.
/// Source: guess; a drone's width and a little more beside the frame.
constexpr float kBeforeM = 0.2f, kClearM = 0.15f;

/// The gate after `gate`; on a course that is not closed, after the last comes the last.
template <class I>
inline I following(const I& gate, const CourseTable& table) {
  const I next = gate + 1;
  const I wrapped = table.rules.closed != 0 ? I{} : I{} + (table.gates - 1);
  return select(next < table.gates, next, wrapped);
}

/// The gate whose number each lane names: true, or as known.
template <class Memory, class I>
inline auto gate_at(const Memory& memory, const CourseTable& table, const I& number, bool truly) {
  auto found =
      truly ? memory.course.true_gates[0] : known_gate(memory.course, table, memory.known, 0);
  using T = decltype(found.cos_yaw);
  for (int g = 1; g < table.gates; ++g) {
    const auto gate =
        truly ? memory.course.true_gates[g] : known_gate(memory.course, table, memory.known, g);
    found = select_gate<T>(number == g, gate, found);
  }
  return found;
}

/// Whether the way from a to b crosses the opening of gate `number`, whose pose is given, from its front.
template <class T>
inline Mask<T> passes(const GatePose<T>& gate, const CourseTable& table, const Int<T>& number,
                      const Vec3<T>& a, const Vec3<T>& b) {
  const Vec3<T> from = in_gate(gate, a), to = in_gate(gate, b);
  const T share = from.x / min_of(T(from.x - to.x), splat<T>(-1e-9));
  const Vec3<T> at = madd(to - from, share, from);
  Mask<T> inside{};
  for (int g = 0; g < table.gates; ++g) {
    const float* row = gate_row(table, g);
    const Mask<T> fits = across(at, row[kRound] > 0.5f) <= row[kShare] * row[kHalfOpening];
    inside = inside | ((number == g) & fits);
  }
  return (from.x < 0.0f) & (to.x >= 0.0f) & inside;
}

/// Half the outer size of each lane's gate [m].
template <class T>
inline T half_outer_of(const CourseTable& table, const Int<T>& number) {
  T found = splat<T>(gate_row(table, 0)[kHalfOuter]);
  for (int g = 1; g < table.gates; ++g) {
    found = select(Mask<T>(number == g), splat<T>(gate_row(table, g)[kHalfOuter]), found);
  }
  return found;
}

/// How far it is to a gate's centre [m]: straight from the front; from behind, round its nearer side.
template <class T>
inline T way_to(const GatePose<T>& gate, const T& half_outer_m, const Vec3<T>& p) {
  const Vec3<T> suw = in_gate(gate, p);
  const T straight = norm(suw);
  const T aside = half_outer_m + kClearM;
  const Vec3<T> corner = {splat<T>(-kBeforeM), select(suw.y < 0.0f, T(-aside), aside), T{}};
  const T round = norm(suw - corner) + norm(corner);
  return select(suw.x < 0.0f, straight, round);
}

template <class T>
inline void put_gate(const GatePose<T>& gate, const Vec3<T>& p, const Rotation<T>& R_WB,
                     Pen<T>& pen) {
  pen.put(to_body(R_WB, drawn_near(gate.p - p)));
  pen.put(madd(R_WB.row_x, gate.cos_yaw, R_WB.row_y * gate.sin_yaw));
}

/// 1 where the gate that each lane names is shown where it truly stands, 0 where it should stand.
template <class T>
inline T is_known(const CourseTable& table, const Int<T>& known, const Int<T>& number) {
  if (!(table.rules.sensing_range_m > 0.0f)) return splat<T>(1.0);
  return select(Mask<T>(((known >> number) & 1) != 0), splat<T>(1.0), T{});
}

/// The next gate and the one after it, as they are told, and whether they truly stand there.
template <class T>
struct GatesAhead {
  GatePose<T> next, after;
  T next_known, after_known;
};

/// After the last gate of all comes a point a metre behind it.
template <class T, class Memory>
inline GatesAhead<T> gates_ahead(const Memory& memory, const CourseTable& table) {
  const Int<T> second = following(memory.gate, table);
  GatesAhead<T> ahead = {
      gate_at(memory, table, memory.gate, false), gate_at(memory, table, second, false),
      is_known<T>(table, memory.known, memory.gate), is_known<T>(table, memory.known, second)};
  if (table.rules.closed == 0) {
    const Mask<T> last = memory.gate == table.gates - 1;
    GatePose<T> beyond = ahead.next;
    beyond.p = beyond.p + Vec3<T>{beyond.cos_yaw, beyond.sin_yaw, T{}};
    ahead.after = select_gate<T>(last, beyond, ahead.after);
  }
  return ahead;
}

template <class T>
inline void put_gates(const GatesAhead<T>& ahead, const Vec3<T>& p, const Rotation<T>& R_WB,
                      Pen<T>& pen) {
  put_gate(ahead.next, p, R_WB, pen);
  put_gate(ahead.after, p, R_WB, pen);
  pen.put(ahead.next_known, ahead.after_known);
}

/// Directions to the nearest poles and posts that stand as high as the drone, horizontally, each as
/// long as it is close: 1 at its axis, 0 from kPoleReachM on.
template <class T>
inline void put_poles(const Course<T>& course, const CourseTable& table, const Int<T>& known,
                      bool truly, const Vec3<T>& p, const Rotation<T>& R_WB, Pen<T>& pen) {
  T x[kSeenPoles] = {}, y[kSeenPoles] = {}, d2[kSeenPoles];
  for (T& far : d2) far = splat<T>(kPoleReachM * kPoleReachM);
  const auto sort_in = [&](T dx, T dy, const Mask<T>& counts) {
    T square = select(counts, madd(dx, dx, T(dy * dy)), splat<T>(1e9));
    for (int i = 0; i < kSeenPoles; ++i) {
      const Mask<T> nearer = square < d2[i];
      const T ox = x[i], oy = y[i], o2 = d2[i];
      x[i] = select(nearer, dx, ox), y[i] = select(nearer, dy, oy);
      d2[i] = select(nearer, square, o2);
      dx = select(nearer, ox, dx), dy = select(nearer, oy, dy);
      square = select(nearer, o2, square);
    }
  };
  for (int o = 0; o < table.poles; ++o) {
    const Mask<T> seen = truly || !(table.rules.sensing_range_m > 0.0f)
                             ? Mask<T>(p.z == p.z)
                             : Mask<T>((known & pole_bit(o)) != 0);
    const T px = select(seen, course.true_poles[o].x, course.told_poles[o].x);
    const T py = select(seen, course.true_poles[o].y, course.told_poles[o].y);
    sort_in(px - p.x, py - p.y, p.z < pole_row(table, o)[3] + kBeforeM);
  }
  for (int g = 0; g < table.gates; ++g) {
    if (!(gate_row(table, g)[kPostRadius] > 0.0f)) continue;
    const GatePose<T> gate = truly ? course.true_gates[g] : known_gate(course, table, known, g);
    const T top = gate.p.z - gate_row(table, g)[kHalfOuter];
    sort_in(gate.p.x - p.x, gate.p.y - p.y, p.z < top + kBeforeM);
  }
  for (int i = 0; i < kSeenPoles; ++i) {
    const T distance = sqrt_of(T(d2[i] + 1e-6f));
    const T closeness = max_of(nmadd(distance, 1.0f / kPoleReachM, 1.0f), T{}) / distance;
    pen.put(to_body(R_WB, Vec3<T>{T(x[i] * closeness), T(y[i] * closeness), T{}}));
  }
}

/// Closeness of the walls, the floor and the ceiling: 1 at the wall, 0 from kWallReachM on.
template <class T>
inline void put_walls(const CourseTable& table, const Vec3<T>& p, Pen<T>& pen) {
  const T at[3] = {p.x, p.y, p.z};
  for (int axis = 0; axis < 3; ++axis) {
    const T low = at[axis] - table.rules.room_low_m[axis];
    const T high = table.rules.room_high_m[axis] - at[axis];
    for (const T& far : {low, high}) {
      const T closeness = nmadd(far, 1.0f / kWallReachM, 1.0f);
      pen.put(clamp(closeness, T{}, splat<T>(2.0)));
    }
  }
}

}  // namespace sim_core::SIM_CORE_ISA
