// SPDX-License-Identifier: Apache-2.0
#include "sim_core/task_session.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sim_core/drone_session.hpp"
#include "sim_core/task_list.hpp"

namespace sim_core {
namespace {

template <class Task>
class Session : public TaskSession {
 public:
  Session(const TaskInfo& task, WorldData world, int count, const CommandLimits& limits,
          const std::vector<int>& groups)
      : task_(task),
        data_(std::move(world)),
        world_(data_.view()),
        limits_(limits),
        drones_(static_cast<std::size_t>(count)) {
    int first = 0;
    for (const int size : groups) {
      for (int i = first; i < first + size; ++i) drone(i).mates = {first, first + size};
      first += size;
    }
    for (; first < count; ++first) drone(first).mates = {first, first + 1};
    reset(0.0f);
  }

  const TaskInfo& task() const override { return task_; }
  int count() const override { return static_cast<int>(drones_.size()); }

  void reset(float hover) override {
    const float numbers[] = {hover, kEach ? hover : 0.0f, kEach ? hover : 0.0f,
                             kEach ? hover : 0.0f};
    const auto before = scalar::command_of(typename Task::Action{}, numbers);
    int number = 0;
    for (Drone& drone : drones_) drone.flight.begin(world_, number++, before);
  }

  void take_role(int number, std::int32_t role) override { drone(number).flight.take_role(role); }

  void observe(const float* states, std::int32_t row, float* observation) override {
    int number = 0;
    if constexpr (Task::kInWorlds) {
      for (Drone& drone : drones_) told(drone, state_of(states, number++));
    }
    number = 0;
    for (Drone& drone : drones_) {
      scalar::Met<float> met{};
      if constexpr (Task::kInWorlds) met = met_by(number);
      drone.flight.observe(world_, state_of(states, number++), row, met, observation);
      observation += task_.observation_size;
    }
  }

  void decode(const float* outputs, float* commands) override {
    for (Drone& drone : drones_) {
      scalar::Pen<float>{commands}.put(drone.flight.decode(outputs, limits_));
      outputs += 4;
      commands += 4;
    }
  }

  void places(std::int32_t* out) const override {
    for (const Drone& drone : drones_) {
      drone.flight.place(out);
      out += 2;
    }
  }

 private:
  using Action = typename Task::Action;
  /// Whether a hover is the same number for each of the four, not for the first alone.
  static constexpr bool kEach = std::is_same_v<Action, scalar::Motors>;

  struct Range {
    int first, end;
  };
  struct Drone {
    scalar::DroneSession<Task> flight;
    Range mates;  ///< numbers of those whom it sees, itself among them
    scalar::Mate<float> told;
  };

  Drone& drone(int number) { return drones_[static_cast<std::size_t>(number)]; }

  static scalar::Estimate<float> state_of(const float* states, int number) {
    return scalar::estimate_of(states + 13 * number);
  }

  void told(Drone& drone, const scalar::Estimate<float>& seen) const {
    drone.told = {seen.p_WB, seen.v_WB, drone.flight.plan(world_, seen)};
  }

  /// As `scalar::meet`, of as few drones as there are: where nobody is left they are out of sight.
  scalar::Met<float> met_by(int number) {
    const scalar::Mate<float> own = drone(number).told;
    const Range mates = drone(number).mates;
    float nearest = scalar::kNobodyM * scalar::kNobodyM;
    scalar::Met<float> met = scalar::nobody_met();
    float squares[scalar::kNeighbours];
    for (float& square : squares) square = scalar::kNobodyM * scalar::kNobodyM;
    for (int other = mates.first; other < mates.end; ++other) {
      if (other == number) continue;
      scalar::Mate<float> mate = drone(other).told;
      const scalar::Vec3<float> to = mate.p_WB - own.p_WB;
      nearest = std::min(nearest, scalar::dot(to, to));
      float square = scalar::threat_of(to, mate.plan_WB - own.plan_WB).square;
      for (int k = 0; k < scalar::kNeighbours; ++k) {
        if (!(square < squares[k])) continue;
        std::swap(square, squares[k]);
        std::swap(mate, met.mates.nearest[k]);
      }
    }
    met.mates.distance_m = std::sqrt(nearest);
    return met;
  }

  const TaskInfo& task_;
  WorldData data_;
  World world_;
  CommandLimits limits_;
  std::vector<Drone> drones_;
};

template <class Task>
std::unique_ptr<TaskSession> make(const TaskInfo& task, WorldData world, int count,
                                  const CommandLimits& limits, const std::vector<int>& groups) {
  return std::make_unique<Session<Task>>(task, std::move(world), count, limits, groups);
}

}  // namespace

std::unique_ptr<TaskSession> make_session(const TaskInfo& task, WorldData world, int count,
                                          const CommandLimits& limits,
                                          const std::vector<int>& groups) {
  const int grouped = std::accumulate(groups.begin(), groups.end(), 0);
  if (grouped > count || std::any_of(groups.begin(), groups.end(), [](int n) { return n < 1; })) {
    throw std::invalid_argument("groups: expected numbers of drones of at most " +
                                std::to_string(count) + " together, got " +
                                std::to_string(grouped));
  }
#define SIM_CORE_SESSION(Task)                                                \
  if (std::strcmp(task.name, scalar::Task::kName) == 0) {                     \
    return make<scalar::Task>(task, std::move(world), count, limits, groups); \
  }
  SIM_CORE_TASKS(SIM_CORE_SESSION)
#undef SIM_CORE_SESSION
  return nullptr;
}

}  // namespace sim_core
