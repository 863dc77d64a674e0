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
};

/// The nearest others as they truly were when they told it, the nearest first.
template <class T>
struct Mates {
  Mate<T> nearest[kNeighbours];
  T distance_m;  ///< to the first of them
};

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
  Mate<T> mate(const Int<T>& place) const {
    return {{gathered(0, place), gathered(1, place), gathered(2, place)},
            {gathered(3, place), gathered(4, place), gathered(5, place)}};
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

/// Places in the order of distance: a squared distance whose last bits are the place, so that smaller
/// and larger are all it takes to sort. What is left of it tells 8 millionths apart.
constexpr std::uint32_t kPlaceBits = kMostInWorld - 1;
constexpr float kFarM2 = 1e30f;

/// Who is around a drone at `p_WB`. Where `wakes` is false they have none.
template <class T>
inline Met<T> meet(const Told<T>& told, const Vec3<T>& p_WB, bool wakes) {
  const Int<T> own = told.places();
  T keys[kNeighbours];
  for (T& key : keys) key = splat<T>(3.0 * kFarM2);
  Met<T> met;
  met.wake_n = T{};
  for (int place = 0; place < told.count(); ++place) {
    const Vec3<T> apart = p_WB - told.position(place);
    const T square = min_of(T(dot(apart, apart)), splat<T>(kFarM2));
    const Bits<T> bits = (bits_of(square) & ~kPlaceBits) | static_cast<std::uint32_t>(place);
    T key = select(own == place, splat<T>(2.0 * kFarM2), T(number_of(bits)));
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
  met.mates.distance_m = norm(p_WB - met.mates.nearest[0].p_WB);
  return met;
}

/// Tells where a drone is, or those of a register.
template <class T>
inline void tell(const Company& company, std::uint32_t tick, int first, const Vec3<T>& p_WB,
                 const Vec3<T>& v_WB) {
  const T values[kToldColumns] = {p_WB.x, p_WB.y, p_WB.z, v_WB.x, v_WB.y, v_WB.z};
  float* to = company.told[tick & 1u] + first;
  for (int k = 0; k < kToldColumns; ++k) {
    std::memcpy(to + k * company.stride, &values[k], sizeof(T));
  }
}

}  // namespace sim_core::SIM_CORE_ISA
