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

#include "sim_core/mates.hpp"
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
    int number = 0;
    for (Drone& drone : drones_) {
      Task::follow(drone.memory, world_, number++);
      scalar::start_history(drone.history, scalar::command_of(Action{}, numbers));
    }
    row_ = 0;
    first_ = true;
  }

  void take_role(int number, std::int32_t role) override {
    Task::take_role(drone(number).memory, role);
  }

  void observe(const float* states, std::int32_t row, float* observation) override {
    int number = 0;
    for (Drone& drone : drones_) {
      const scalar::Estimate<float> seen = estimate_at(states, number);
      if constexpr (Task::kInWorlds) {
        Task::look_around(drone.memory, met_by(number, drone.mates, states));
      }
      ++number;
      Task::tick(drone.memory, world_, row - row_);
      auto now = Task::template now<float>(drone.memory, world_);
      const scalar::Vec3<float> before = first_ ? seen.p_WB : drone.before;
      if (row > 0) Task::advance(drone.memory, now, world_, before, seen, seen);
      drone.before = seen.p_WB;
      const auto after = Task::after(now, drone.memory, world_);
      if constexpr (Task::kRowPart > 0) {
        Task::write_rows(after, seen, world_, 1, observation, 0);
      }
      Task::observe(drone.memory, after, seen, drone.history, world_,
                    scalar::Pen<float>{observation + Task::kRowPart});
      observation += task_.observation_size;
    }
    row_ = row;
    first_ = false;
  }

  void decode(const float* outputs, float* commands) override {
    for (Drone& drone : drones_) {
      const auto command = scalar::limited(scalar::command_of(Action{}, outputs), limits_);
      scalar::remember(drone.history, command);
      scalar::Pen<float>{commands}.put(command);
      outputs += 4;
      commands += 4;
    }
  }

  void places(std::int32_t* out) const override {
    for (const Drone& drone : drones_) {
      Task::place_of(drone.memory, 0, out);
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
    typename Task::template Memory<float> memory;
    scalar::History<float, Action> history;
    scalar::Vec3<float> before;
    Range mates;  ///< numbers of those whom it sees, itself among them
  };

  Drone& drone(int number) { return drones_[static_cast<std::size_t>(number)]; }

  static scalar::Estimate<float> estimate_at(const float* states, int number) {
    const float* s = states + 13 * number;
    return {
        {s[0], s[1], s[2]}, {s[3], s[4], s[5], s[6]}, {s[7], s[8], s[9]}, {s[10], s[11], s[12]}};
  }

  /// As `scalar::meet`, of as few drones as there are: where nobody is left they are out of sight.
  static scalar::Met<float> met_by(int number, const Range& mates, const float* states) {
    constexpr float kNobodyM = 1e3f;
    const scalar::Estimate<float> own = estimate_at(states, number);
    float nearest = kNobodyM * kNobodyM;
    scalar::Met<float> met{};
    float squares[scalar::kNeighbours];
    for (int k = 0; k < scalar::kNeighbours; ++k) {
      squares[k] = kNobodyM * kNobodyM;
      met.mates.nearest[k].p_WB = {kNobodyM, kNobodyM, kNobodyM};
    }
    for (int other = mates.first; other < mates.end; ++other) {
      if (other == number) continue;
      const scalar::Estimate<float> seen = estimate_at(states, other);
      scalar::Mate<float> mate = {seen.p_WB, seen.v_WB};
      const scalar::Vec3<float> to = mate.p_WB - own.p_WB;
      nearest = std::min(nearest, scalar::dot(to, to));
      float square = scalar::threat_of(to, mate.v_WB - own.v_WB).square;
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
  std::int32_t row_ = 0;
  bool first_ = true;
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
