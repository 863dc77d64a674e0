// SPDX-License-Identifier: Apache-2.0
/// What a drone has of the others in its world: the nearest of them, and their wakes.
#pragma once

#include "sim_core/company.hpp"
#include "sim_core/downwash.hpp"
#include "sim_core/rows.hpp"

namespace sim_core::SIM_CORE_ISA {

constexpr int kNeighbours = 3;

template <class T>
struct Mate {
  Vec3<T> p_WB, v_WB;
  Vec3<T> plan_WB;  ///< how it will move as far as it knows: see plan_of
};

/// Others as they truly were when they told it.
template <class T>
struct Mates {
  Mate<T> nearest[kNeighbours];  ///< the most threatening first: see Threat
  T distance_m;                  ///< to the nearest of all
  T risk;                        ///< of all, added up, should all go on as they move
  T planned_risk;                ///< and should all go on as planned
};

/// How far ahead two drones are looked at, and how near they may pass without risk.  # guess: half of
/// the way across a circle of swapped slots; three times what is a collision
constexpr float kAheadS = 1.0f, kClearanceM = 0.3f;

/// As a second later counts as much as a metre farther.  # guess: of the speeds of a swap
constexpr float kHurryM_S = 1.0f;

/// How fast a drone that is sent elsewhere is taken to fly.  # guess: of the speeds of a swap
constexpr float kPlannedM_S = 2.0f;

/// How a drone will move, in the second to come and as far as it knows: half of it as it moves now, half
/// as it has to if it should be `off` from here, `in_s` from now. One that was just sent elsewhere still
/// stands, and one that arrives still flies.
template <class T>
inline Vec3<T> plan_of(const Vec3<T>& v, const Vec3<T>& off, float in_s) {
  const T far = norm(off);
  const T share = min_of(T(splat<T>(1.0f / in_s)), T(kPlannedM_S / (far + 1e-6f)));
  return madd(off, share, v) * splat<T>(0.5);
}

/// What becomes of two drones that both go on as planned.
template <class T>
struct Threat {
  T in_s;        ///< when they are nearest, kAheadS at the latest
  Vec3<T> miss;  ///< where the other is then, from here [m]
  T square;      ///< by which threats are told apart: |miss|^2 and the time as a length [m^2]
};

/// `to`: where the other is, from here; `v`: how it moves against this one.
template <class T>
inline Threat<T> threat_of(const Vec3<T>& to, const Vec3<T>& v) {
  const T closing = T{} - dot(to, v);
  const T in_s = clamp(T(closing / (dot(v, v) + 1e-6f)), T{}, splat<T>(kAheadS));
  const Vec3<T> miss = madd(v, in_s, to);
  const T late = in_s * kHurryM_S;
  return {in_s, miss, madd(late, late, T(dot(miss, miss)))};
}

/// 1 where they meet at once, 0 where they pass clear of each other, or later than is looked at.
template <class T>
inline T risk_of(const Threat<T>& threat) {
  const T near = nmadd(norm(threat.miss), 1.0f / kClearanceM, 1.0f);
  return max_of(near, T{}) * nmadd(threat.in_s, 1.0f / kAheadS, 1.0f);
}

template <class T>
struct Met {
  Mates<T> mates;
  T wake_n;  ///< sum of the others' downwash, along W's z
};

/// What was told at a tick, for drone `first` and those in the lanes after it. Where a register holds
/// whole worlds it is read whole and turned over in itself; else a world is read drone by drone. The
/// order in which the others come is the same, so the bits are too.
template <class T>
class Told {
 public:
  Told(const Company& company, std::uint32_t tick, int first)
      : columns_(company.told[tick & 1u]),
        stride_(company.stride),
        first_(first),
        size_(company.world_size),
        lane_(lane_numbers<T>() & ~(size_ - 1)) {}

  int count() const { return size_; }
  /// Each lane's place within its world.
  Int<T> places() const { return (lane_numbers<T>() + first_) & (size_ - 1); }

  /// Number `column` of the drone that is `place`-th in each lane's world.
  T at(int column, int place) const {
    if (in_registers()) return permuted(whole(column), Int<T>(lane_ + place));
    return T{} + columns_[column * stride_ + (first_ & ~(size_ - 1)) + place];
  }
  /// The same where each lane names a place of its own.
  T gathered(int column, const Int<T>& place) const {
    if (in_registers()) return permuted(whole(column), Int<T>(lane_ + place));
    const float* world = columns_ + column * stride_ + (first_ & ~(size_ - 1));
    T out{};
    for (int i = 0; i < Traits<T>::lanes; ++i) set_lane(out, i, world[lane(place, i)]);
    return out;
  }
  Vec3<T> position(int place) const { return {at(0, place), at(1, place), at(2, place)}; }
  Vec3<T> velocity(int place) const { return {at(3, place), at(4, place), at(5, place)}; }
  Vec3<T> plan(int place) const { return {at(6, place), at(7, place), at(8, place)}; }
  Mate<T> mate(const Int<T>& place) const {
    return {{gathered(0, place), gathered(1, place), gathered(2, place)},
            {gathered(3, place), gathered(4, place), gathered(5, place)},
            {gathered(6, place), gathered(7, place), gathered(8, place)}};
  }

 private:
  bool in_registers() const { return Traits<T>::lanes > 1 && size_ <= Traits<T>::lanes; }
  T whole(int column) const {
    T out;
    std::memcpy(&out, columns_ + column * stride_ + first_, sizeof out);
    return out;
  }

  const float* columns_;
  int stride_, first_, size_;
  Int<T> lane_;  ///< in which each lane's world begins, where a register holds it
};

/// Places in the order of threat: a squared length whose last bits are the place, so that smaller
/// and larger are all it takes to sort. What is left of it tells 8 millionths apart.
constexpr std::uint32_t kPlaceBits = kMostInWorld - 1;
constexpr float kFarM2 = 1e30f;

/// Who is around a drone at `p_WB`. Where `wakes` is false they have none.
template <class T>
inline Met<T> meet(const Told<T>& told, const Vec3<T>& p_WB, bool wakes) {
  const Int<T> own = told.places();
  const Mate<T> self = told.mate(own);
  T nearest = splat<T>(kFarM2);
  T keys[kNeighbours];
  for (T& key : keys) key = splat<T>(3.0 * kFarM2);
  Met<T> met;
  met.wake_n = T{};
  met.mates.risk = met.mates.planned_risk = T{};
  for (int place = 0; place < told.count(); ++place) {
    const Vec3<T> apart = p_WB - told.position(place);
    const Mask<T> itself = own == place;
    const Vec3<T> to = apart * splat<T>(-1.0);
    const Threat<T> threat = threat_of<T>(to, told.plan(place) - self.plan_WB);
    const T square = min_of(threat.square, splat<T>(kFarM2));
    const Bits<T> bits = (bits_of(square) & ~kPlaceBits) | static_cast<std::uint32_t>(place);
    T key = select(itself, splat<T>(2.0 * kFarM2), T(number_of(bits)));
    nearest = select(itself, nearest, min_of(nearest, T(dot(apart, apart))));
    const Threat<T> moving = threat_of<T>(to, told.velocity(place) - self.v_WB);
    met.mates.risk = met.mates.risk + select(itself, T{}, risk_of(moving));
    met.mates.planned_risk = met.mates.planned_risk + select(itself, T{}, risk_of(threat));
    for (T& kept : keys) {
      const T farther = max_of(kept, key);
      kept = min_of(kept, key);
      key = farther;
    }
    // Its own is none: it is at its own height.
    if (wakes) met.wake_n = met.wake_n + downwash_n(apart);
  }
  for (int i = 0; i < kNeighbours; ++i) {
    const Int<T> place = Int<T>(bits_of(keys[i]) & kPlaceBits) & (told.count() - 1);
    met.mates.nearest[i] = told.mate(place);
  }
  met.mates.distance_m = sqrt_of(nearest);
  return met;
}

/// Tells where a drone is, or those of a register.
template <class T>
inline void tell(const Company& company, std::uint32_t tick, int first, const Vec3<T>& p_WB,
                 const Vec3<T>& v_WB, const Vec3<T>& plan_WB) {
  const T values[kToldColumns] = {p_WB.x, p_WB.y,    p_WB.z,    v_WB.x,   v_WB.y,
                                  v_WB.z, plan_WB.x, plan_WB.y, plan_WB.z};
  float* to = company.told[tick & 1u] + first;
  for (int k = 0; k < kToldColumns; ++k) {
    std::memcpy(to + k * company.stride, &values[k], sizeof(T));
  }
}

}  // namespace sim_core::SIM_CORE_ISA
