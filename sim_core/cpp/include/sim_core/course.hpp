// SPDX-License-Identifier: Apache-2.0
/// Gates and poles as the core flies among them: where they stand in an episode, what a drone knows of
/// it, and what a flight touches or passes. Rules as evaluation/race_referee.py has them; between two
/// control steps a drone is taken to fly straight.
///
/// Gate frame: n points the way a drone has to pass, l to the left, up is up; s, u, w are a point's
/// coordinates along them from the gate's centre.
#pragma once

#include "sim_core/course_table.hpp"
#include "sim_core/rng.hpp"
#include "sim_core/vec_math.hpp"

namespace sim_core::SIM_CORE_ISA {

/// Columns of a gate's row that are the same wherever it stands.
enum GateColumn { kHalfOpening = 5, kRound, kHalfOuter, kHalfDepth, kSolid, kPostRadius, kShare };

template <class T>
struct GatePose {
  Vec3<T> p;  ///< centre [m; W]
  T cos_yaw, sin_yaw;
};

template <class T>
struct PolePlace {
  T x, y;
};

/// What stands around one drone.
template <class T>
struct Course {
  GatePose<T> true_gates[kMostGates], told_gates[kMostGates];
  PolePlace<T> true_poles[kMostPoles], told_poles[kMostPoles];
};

template <class T>
inline GatePose<T> select_gate(const Mask<T>& mask, const GatePose<T>& a, const GatePose<T>& b) {
  return {select3<T>(mask, a.p, b.p), select(mask, a.cos_yaw, b.cos_yaw),
          select(mask, a.sin_yaw, b.sin_yaw)};
}

/// The numbers of gate `g`, the same in all courses.
inline const float* gate_row(const CourseTable& table, int g) {
  return table.true_gates + g * kGateColumns;
}
inline const float* pole_row(const CourseTable& table, int o) {
  return table.true_poles + o * kPoleColumns;
}

/// A point in a gate's frame: s, u, w.
template <class T>
inline Vec3<T> in_gate(const GatePose<T>& gate, const Vec3<T>& p) {
  return turned(p - gate.p, gate.cos_yaw, gate.sin_yaw);
}

/// |u, w|: of a ring the distance from its axis, of a square the larger of the two.
template <class T>
inline T across(const Vec3<T>& suw, bool round) {
  if (round) return sqrt_of(madd(suw.y, suw.y, T(suw.z * suw.z)));
  return max_of(abs_of(suw.y), abs_of(suw.z));
}

/// Whether a drone of this radius touches the frame of gate `g`.
template <class T>
inline Mask<T> touches_frame(const Vec3<T>& suw, const float* row, float radius_m) {
  const T size = across(suw, row[kRound] > 0.5f);
  return (abs_of(suw.x) <= row[kHalfDepth] + radius_m) & (size <= row[kHalfOuter] + radius_m) &
         !(size < row[kHalfOpening] - radius_m);
}

/// Whether the way from a to b comes within `reach` of the vertical axis at x, y, below `top`.
template <class T>
inline Mask<T> touches_cylinder(const Vec3<T>& a, const Vec3<T>& b, const T& x, const T& y,
                                float reach, const T& top) {
  const T ax = a.x - x, ay = a.y - y, dx = b.x - a.x, dy = b.y - a.y;
  const T length2 = madd(dx, dx, madd(dy, dy, 1e-12f));
  const T along = clamp(T(-madd(ax, dx, T(ay * dy)) / length2), T{}, splat<T>(1.0));
  const T nx = madd(dx, along, ax), ny = madd(dy, along, ay);
  return (madd(nx, nx, T(ny * ny)) <= reach * reach) & (madd(T(b.z - a.z), along, a.z) <= top);
}

/// Course `number` of the table, moved as the episode's draws have it.
inline void draw_course(Course<float>& course, const CourseTable& table, int number,
                        const Counter<float>& at) {
  const CourseDraws& draws = table.rules.draws;
  const auto off = [](std::uint32_t bits, float half_width) {
    return (uniform<float>(bits) * 2.0f - 1.0f) * half_width;
  };
  for (int g = 0; g < table.gates; ++g) {
    const float* told = table.told_gates + (number * table.gates + g) * kGateColumns;
    const float* row = table.true_gates + (number * table.gates + g) * kGateColumns;
    course.told_gates[g] = {{told[0], told[1], told[2]}, told[3], told[4]};
    const Draw<float> bits = draw(at, Purpose::kCourse, static_cast<std::uint32_t>(1 + g));
    const SinCos<float> turn = sin_cos_of(off(bits.d, draws.gate_yaw_rad));
    course.true_gates[g] = {
        {row[0] + off(bits.a, draws.gate_m[0]), row[1] + off(bits.b, draws.gate_m[1]),
         row[2] + off(bits.c, draws.gate_m[2])},
        row[3] * turn.cos - row[4] * turn.sin,
        row[4] * turn.cos + row[3] * turn.sin};
  }
  for (int o = 0; o < table.poles; ++o) {
    const float* told = table.told_poles + (number * table.poles + o) * kPoleColumns;
    const float* row = table.true_poles + (number * table.poles + o) * kPoleColumns;
    course.told_poles[o] = {told[0], told[1]};
    const Draw<float> bits =
        draw(at, Purpose::kCourse, static_cast<std::uint32_t>(1 + kMostGates + o));
    course.true_poles[o] = {row[0] + off(bits.a, draws.pole_m), row[1] + off(bits.b, draws.pole_m)};
  }
}

/// Bit of gate g, and of pole o, in what a drone knows.
constexpr std::int32_t gate_bit(int g) { return 1 << g; }
constexpr std::int32_t pole_bit(int o) { return 1 << (kMostGates + o); }
constexpr std::int32_t kAllKnown = -1;

/// Adds to `known` what stands near enough to be seen where it truly is.
template <class T>
inline Int<T> seen_from(const Course<T>& course, const CourseTable& table, const Int<T>& known,
                        const Vec3<T>& p) {
  const float range = table.rules.sensing_range_m;
  Int<T> now = known;
  const auto look = [&](const T& x, const T& y, std::int32_t bit) {
    const T dx = x - p.x, dy = y - p.y;
    const Mask<T> near = madd(dx, dx, T(dy * dy)) < range * range;
    now = now | select(near, Int<T>{} + bit, Int<T>{});
  };
  for (int g = 0; g < table.gates; ++g) {
    look(course.true_gates[g].p.x, course.true_gates[g].p.y, gate_bit(g));
  }
  for (int o = 0; o < table.poles; ++o) {
    look(course.true_poles[o].x, course.true_poles[o].y, pole_bit(o));
  }
  return now;
}

/// Gate g as a drone knows it.
template <class T>
inline GatePose<T> known_gate(const Course<T>& course, const CourseTable& table,
                              const Int<T>& known, int g) {
  if (!(table.rules.sensing_range_m > 0.0f)) return course.true_gates[g];
  const Mask<T> seen = (known & gate_bit(g)) != 0;
  return select_gate<T>(seen, course.true_gates[g], course.told_gates[g]);
}

/// Whether the way from a to b touches a solid frame, a post or a pole.
template <class T>
inline Mask<T> touches_anything(const Course<T>& course, const CourseTable& table, const Vec3<T>& a,
                                const Vec3<T>& b, float radius_m) {
  Mask<T> touched{};
  const Vec3<T> middle = (a + b) * splat<T>(0.5);
  for (int g = 0; g < table.gates; ++g) {
    const float* row = gate_row(table, g);
    const GatePose<T>& gate = course.true_gates[g];
    if (row[kSolid] > 0.5f) {
      touched = touched | touches_frame<T>(in_gate(gate, middle), row, radius_m) |
                touches_frame<T>(in_gate(gate, b), row, radius_m);
    }
    if (row[kPostRadius] > 0.0f) {
      touched = touched | touches_cylinder<T>(a, b, gate.p.x, gate.p.y, row[kPostRadius] + radius_m,
                                              T(gate.p.z - row[kHalfOuter]));
    }
  }
  for (int o = 0; o < table.poles; ++o) {
    const float* row = pole_row(table, o);
    touched = touched | touches_cylinder<T>(a, b, course.true_poles[o].x, course.true_poles[o].y,
                                            row[2] + radius_m, splat<T>(row[3] + radius_m));
  }
  return touched;
}

/// Whether p is within the room, whose floor is not a wall.
template <class T>
inline Mask<T> within_room(const CourseTable& table, const Vec3<T>& p) {
  const float *low = table.rules.room_low_m, *high = table.rules.room_high_m;
  return (p.x >= low[0]) & (p.x <= high[0]) & (p.y >= low[1]) & (p.y <= high[1]) & (p.z <= high[2]);
}

}  // namespace sim_core::SIM_CORE_ISA
