// SPDX-License-Identifier: Apache-2.0
/// Three-vectors, unit quaternions (x y z w, Hamilton) and rotation matrices.
#pragma once

#include "sim_core/madd.hpp"

namespace sim_core::SIM_CORE_ISA {

template <class T>
struct Vec3 {
  T x, y, z;
};

template <class T>
inline Vec3<T> operator+(const Vec3<T>& a, const Vec3<T>& b) {
  return {a.x + b.x, a.y + b.y, a.z + b.z};
}
template <class T>
inline Vec3<T> operator-(const Vec3<T>& a, const Vec3<T>& b) {
  return {a.x - b.x, a.y - b.y, a.z - b.z};
}
template <class T>
inline Vec3<T> operator*(const Vec3<T>& a, const T& s) {
  return {a.x * s, a.y * s, a.z * s};
}
template <class T>
inline T dot(const Vec3<T>& a, const Vec3<T>& b) {
  return madd(a.x, b.x, madd(a.y, b.y, T(a.z * b.z)));
}
template <class T>
inline T norm(const Vec3<T>& a) {
  return sqrt_of(T(dot(a, a)));
}
template <class T>
inline Vec3<T> cross(const Vec3<T>& a, const Vec3<T>& b) {
  return {nmadd(a.z, b.y, T(a.y * b.z)), nmadd(a.x, b.z, T(a.z * b.x)),
          nmadd(a.y, b.x, T(a.x * b.y))};
}
/// a s + c.
template <class T>
inline Vec3<T> madd(const Vec3<T>& a, const T& s, const Vec3<T>& c) {
  return {madd(a.x, s, c.x), madd(a.y, s, c.y), madd(a.z, s, c.z)};
}
/// c - a s.
template <class T>
inline Vec3<T> nmadd(const Vec3<T>& a, const T& s, const Vec3<T>& c) {
  return {nmadd(a.x, s, c.x), nmadd(a.y, s, c.y), nmadd(a.z, s, c.z)};
}
/// Product of the components one by one.
template <class T>
inline Vec3<T> scale(const Vec3<T>& a, const Vec3<T>& b) {
  return {a.x * b.x, a.y * b.y, a.z * b.z};
}
template <class T>
inline Vec3<T> select3(const Mask<T>& mask, const Vec3<T>& a, const Vec3<T>& b) {
  return {select(mask, a.x, b.x), select(mask, a.y, b.y), select(mask, a.z, b.z)};
}
template <class T>
inline Vec3<T> clamp3(const Vec3<T>& a, const T& low, const T& high) {
  return {clamp(a.x, low, high), clamp(a.y, low, high), clamp(a.z, low, high)};
}

template <class T>
struct Quat {
  T x, y, z, w;
};

template <class T>
inline Quat<T> operator*(const Quat<T>& a, const Quat<T>& b) {
  return {nmadd(a.z, b.y, madd(a.y, b.z, madd(a.x, b.w, T(a.w * b.x)))),
          madd(a.z, b.x, madd(a.y, b.w, nmadd(a.x, b.z, T(a.w * b.y)))),
          madd(a.z, b.w, nmadd(a.y, b.x, madd(a.x, b.y, T(a.w * b.z)))),
          nmadd(a.z, b.z, nmadd(a.y, b.y, nmadd(a.x, b.x, T(a.w * b.w))))};
}

template <class T>
inline Quat<T> operator+(const Quat<T>& a, const Quat<T>& b) {
  return {a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w};
}

template <class T>
inline Quat<T> select4(const Mask<T>& mask, const Quat<T>& a, const Quat<T>& b) {
  return {select(mask, a.x, b.x), select(mask, a.y, b.y), select(mask, a.z, b.z),
          select(mask, a.w, b.w)};
}

template <class T>
inline Quat<T> normalized(const Quat<T>& q) {
  const T length2 = madd(q.x, q.x, madd(q.y, q.y, madd(q.z, q.z, T(q.w * q.w))));
  const T inverse = T{} + 1.0f / sqrt_of(length2);
  return {q.x * inverse, q.y * inverse, q.z * inverse, q.w * inverse};
}

/// Rotation by the vector `angle` [rad], to third order in its length: for |angle| < 0.5 the error
/// is below 1e-4 rad, and below 1e-9 rad for the |angle| < 0.05 of one integration step.
template <class T>
inline Quat<T> small_rotation(const Vec3<T>& angle) {
  const T square = dot(angle, angle);
  const T s = madd(square, -1.0f / 48.0f, 0.5f);
  return {angle.x * s, angle.y * s, angle.z * s, madd(square, -0.125f, 1.0f)};
}

/// Rotation matrix, row by row: v_W = (dot(row_x, v_B), dot(row_y, v_B), dot(row_z, v_B)).
template <class T>
struct Rotation {
  Vec3<T> row_x, row_y, row_z;
};

template <class T>
inline Rotation<T> rotation_of(const Quat<T>& q) {
  const T x2 = q.x * 2.0f, y2 = q.y * 2.0f, z2 = q.z * 2.0f;
  const T xy2 = q.x * y2, xz2 = q.x * z2, yz2 = q.y * z2;
  const T xx2_1 = nmadd(q.x, x2, 1.0f), yy2_1 = nmadd(q.y, y2, 1.0f);  // less than 1 by that
  return {{nmadd(q.z, z2, yy2_1), nmadd(q.w, z2, xy2), madd(q.w, y2, xz2)},
          {madd(q.w, z2, xy2), nmadd(q.z, z2, xx2_1), nmadd(q.w, x2, yz2)},
          {nmadd(q.w, y2, xz2), madd(q.w, x2, yz2), nmadd(q.y, y2, xx2_1)}};
}

/// Coordinates in a frame whose x axis lies along `cos`, `sin`: the axes turned about z, level as before.
template <class T>
inline Vec3<T> turned(const Vec3<T>& v, const T& cos, const T& sin) {
  return {madd(cos, v.x, T(sin * v.y)), nmadd(sin, v.x, T(cos * v.y)), v.z};
}
template <class T>
inline Rotation<T> turned(const Rotation<T>& R, const T& cos, const T& sin) {
  return {madd(R.row_x, cos, R.row_y * sin), nmadd(R.row_x, sin, R.row_y * cos), R.row_z};
}

/// Third column of the rotation matrix: the body's z axis in the world frame.
template <class T>
inline Vec3<T> body_z_of(const Quat<T>& q) {
  const T x2 = q.x * 2.0f, y2 = q.y * 2.0f;
  return {madd(x2, q.z, T(y2 * q.w)), nmadd(x2, q.w, T(y2 * q.z)),
          nmadd(x2, q.x, nmadd(y2, q.y, 1.0f))};
}

/// The same for a quaternion of length 2, such as the sum of two that are close.
template <class T>
inline Vec3<T> body_z_of_doubled(const Quat<T>& q) {
  const T x_2 = q.x * 0.5f, y_2 = q.y * 0.5f;
  return {madd(x_2, q.z, T(y_2 * q.w)), nmadd(x_2, q.w, T(y_2 * q.z)),
          nmadd(x_2, q.x, nmadd(y_2, q.y, 1.0f))};
}

}  // namespace sim_core::SIM_CORE_ISA
