// SPDX-License-Identifier: Apache-2.0
/// Hovering and tracking without the firmware's rate loop: a policy on board commands the motors, 500
/// times a second. What it sees and what that is worth is as in track.hpp; between the rows of a path,
/// 10 ms apart, it is taken to go on evenly.
#pragma once

#include "sim_core/tasks/track.hpp"

namespace sim_core::SIM_CORE_ISA {

/// A task of motors is called after the one that its policies fly.
struct TrackMotors : Track {
  static constexpr char kName[] = "track_motors";
  using Action = Motors;

  static constexpr Field kObservation[] = {
      {"reference_now", 3, "m", "H", 2.0f},
      {"reference_ahead", 3 * (kPreviewPoints - 1), "m", "H", 1.0f},
      {"velocity", 3, "m/s", "H", 0.5f},
      {"rotation_HB", 9, "1", "H", 1.0f},
      {"body_rates", 3, "rad/s", "B", 0.2f},
      {"position_error_integral", 3, "m s", "H", 4.0f},
      {"past_commands", kHistorySize, "1", "M1 to M4", 0.0f},
  };

  template <class T>
  struct Memory : Track::Memory<T> {
    Int<T> part;  ///< control steps since the present row
  };

  template <class T>
  struct Now : Track::Now<T> {
    Spots<Traits<T>::lanes> next;  ///< of the row after the present one
    T share;                       ///< of the way there
  };

  static BodyState<float> begin(Memory<float>& memory, const Beginning& how) {
    const int rows = how.settings.max_steps / kStepsPerRow<Motors> + 1;
    memory = Memory<float>{};
    memory.place = draw_place(how, how.world.references.count, rows);
    const Goal<float> goal = now<float>(memory, how.world).goal;
    return draw_near(goal, how, numbers_of<TrackMotors>(how.settings));
  }

  static void follow(Memory<float>& memory, const World& world, int number) {
    memory = Memory<float>{};
    Track::follow(memory, world, number);
  }

  template <class T>
  static void tick(Memory<T>& memory, const World& world, std::int32_t steps) {
    const Int<T> parts = memory.part + steps;
    const Int<T> rows = truncate(T((to_number(parts) + 0.5f) * (1.0f / kStepsPerRow<Motors>)));
    memory.part = parts - rows * kStepsPerRow<Motors>;
    memory.place.row = memory.place.row + rows;
    prefetch(world.references, spots_of(memory.place));
  }

  template <class T>
  static Now<T> now(const Memory<T>& memory, const World& world) {
    Now<T> now{Track::now<T>(memory, world), {}, {}};
    Place<T> next = memory.place;
    next.row = next.row + 1;
    now.next = spots_of(next);
    now.share = to_number(memory.part) * (1.0f / kStepsPerRow<Motors>);
    now.goal.p_WB = madd(now.goal.v_WB, T(now.share * kControlStepS), now.goal.p_WB);
    return now;
  }

  template <class T>
  static Event<T> advance(Memory<T>& memory, const Now<T>& now, const World&, const Vec3<T>&,
                          const Pose<T>&, const Estimate<T>& seen) {
    gather(memory.integral_H, to_heading(now.goal, now.goal.p_WB - seen.p_WB), kStepS<Motors>);
    return {};
  }

  template <class T>
  static void write_rows(const Now<T>& now, const Estimate<T>& seen, const World& world, int count,
                         float* rows, int stride) {
    T view[kViewSize];
    view_of(seen.p_WB, now.goal, view);
    float views[Traits<T>::lanes][kViewSize];
    store_views(view, &views[0][0]);
    const float* points = world.references.points;
    for (int i = 0; i < count; ++i) {
      write_preview(points + now.spots.points[i], points + now.next.points[i], lane(now.share, i),
                    views[i], rows + i * stride);
    }
  }
};

}  // namespace sim_core::SIM_CORE_ISA
