// SPDX-License-Identifier: Apache-2.0
/// Three-vectors, unit quaternions (x y z w, Hamilton) and rotation matrices.
#pragma once

#include "sim_core/lanes.hpp"

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
  return a.x * b.x + a.y * b.y + a.z * b.z;
}
template <class T>
inline T norm(const Vec3<T>& a) {
  return sqrt_of(T(dot(a, a)));
}
template <class T>
inline Vec3<T> cross(const Vec3<T>& a, const Vec3<T>& b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
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
  return {
      a.w * b.x + a.x * b.w + a.y * b.z - a.z * b.y, a.w * b.y - a.x * b.z + a.y * b.w + a.z * b.x,
      a.w * b.z + a.x * b.y - a.y * b.x + a.z * b.w, a.w * b.w - a.x * b.x - a.y * b.y - a.z * b.z};
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
  const T inverse = T{} + 1.0f / sqrt_of(T(q.x * q.x + q.y * q.y + q.z * q.z + q.w * q.w));
  return {q.x * inverse, q.y * inverse, q.z * inverse, q.w * inverse};
}

/// Rotation by the vector `angle` [rad], to third order in its length: for |angle| < 0.5 the error
/// is below 1e-4 rad, and below 1e-9 rad for the |angle| < 0.05 of one integration step.
template <class T>
inline Quat<T> small_rotation(const Vec3<T>& angle) {
  const T square = dot(angle, angle);
  const T s = T(square * (-1.0f / 48.0f) + 0.5f);
  return {angle.x * s, angle.y * s, angle.z * s, T(square * -0.125f + 1.0f)};
}

/// Rotation matrix, row by row: v_W = (dot(row_x, v_B), dot(row_y, v_B), dot(row_z, v_B)).
template <class T>
struct Rotation {
  Vec3<T> row_x, row_y, row_z;
};

template <class T>
inline Rotation<T> rotation_of(const Quat<T>& q) {
  const T xx = q.x * q.x, yy = q.y * q.y, zz = q.z * q.z;
  const T xy = q.x * q.y, xz = q.x * q.z, yz = q.y * q.z;
  const T wx = q.w * q.x, wy = q.w * q.y, wz = q.w * q.z;
  return {{T(1.0f - 2.0f * (yy + zz)), T(2.0f * (xy - wz)), T(2.0f * (xz + wy))},
          {T(2.0f * (xy + wz)), T(1.0f - 2.0f * (xx + zz)), T(2.0f * (yz - wx))},
          {T(2.0f * (xz - wy)), T(2.0f * (yz + wx)), T(1.0f - 2.0f * (xx + yy))}};
}

/// Coordinates in a frame whose x axis lies along `cos`, `sin`: the axes turned about z, level as before.
template <class T>
inline Vec3<T> turned(const Vec3<T>& v, const T& cos, const T& sin) {
  return {T(cos * v.x + sin * v.y), T(cos * v.y - sin * v.x), v.z};
}
template <class T>
inline Rotation<T> turned(const Rotation<T>& R, const T& cos, const T& sin) {
  return {R.row_x * cos + R.row_y * sin, R.row_y * cos - R.row_x * sin, R.row_z};
}

/// Third column of the rotation matrix: the body's z axis in the world frame.
template <class T>
inline Vec3<T> body_z_of(const Quat<T>& q) {
  return {T(2.0f * (q.x * q.z + q.w * q.y)), T(2.0f * (q.y * q.z - q.w * q.x)),
          T(1.0f - 2.0f * (q.x * q.x + q.y * q.y))};
}

/// The same for a quaternion of length 2, such as the sum of two that are close.
template <class T>
inline Vec3<T> body_z_of_doubled(const Quat<T>& q) {
  return {T(0.5f * (q.x * q.z + q.w * q.y)), T(0.5f * (q.y * q.z - q.w * q.x)),
          T(1.0f - 0.5f * (q.x * q.x + q.y * q.y))};
}

}  // namespace sim_core::SIM_CORE_ISA
