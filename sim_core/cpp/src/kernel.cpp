// SPDX-License-Identifier: Apache-2.0
/// The vectorised simulator for one instruction set. Compiled once for each, with SIM_CORE_ISA and
/// SIM_CORE_LANES set; no standard container enters here (see kernel.hpp).
#include "sim_core/kernel.hpp"

#include "sim_core/block_rows.hpp"
#include "sim_core/episode.hpp"
#include "sim_core/ground.hpp"
#include "sim_core/mates.hpp"
#include "sim_core/task_list.hpp"

namespace sim_core::SIM_CORE_ISA {
namespace {

template <class Task>
void tell_block(const Block<Task>& block, const Now<Task, Wide>& now, int index, const Work& work) {
  const BodyState<Wide>& body = block.flyer.drone.body;
  tell(work.company, work.tick, index * kLanes, body.p_WB, body.v_WB,
       Task::plan(now, work.world, body.p_WB, body.v_WB));
}

/// Begins the first episode of a block's drones.
template <class Task>
void begin_block(const Run<Task>& run, int index) {
  const Work& work = run.work;
  Block<Task>& block = block_at<Task>(work, index);
  for (Wide& sum : block.term_sums) sum = Wide{};
  for (int i = 0; i < kLanes; ++i) {
    const auto number = static_cast<std::uint32_t>(index * kLanes + i);
    FlyerOf<Task, float> flyer{};
    Memory<Task, float> memory{};
    begin_episode<Task>(flyer, memory, number, work);
    if (work.staggered && !Task::in_company(memory)) flyer.age = drawn_age(work, number);
    put_drone(block, i, flyer, memory, true);
  }
  if constexpr (Task::kInWorlds) {
    tell_block(block, Task::template now<Wide>(block.memory, work.world), index, work);
  }
}

/// Fills the rows of drones that have begun.
template <class Task>
void show_block(const Run<Task>& run, int index) {
  const Work& work = run.work;
  Block<Task>& block = block_at<Task>(work, index);
  if constexpr (Task::kInWorlds) {
    const Told<Wide> told(work.company, work.tick, index * kLanes);
    Task::look_around(block.memory, meet(told, block.flyer.drone.body.p_WB, false));
  }
  Wide normals[kNormals];
  draw_tick(typename Task::Action{}, counter_at(work, index), run.on, normals);
  const Estimate<Wide> seen =
      estimate_at(block.flyer, work.settings->noise, run.on, work.tick, normals);
  const Now<Task, Wide> now = Task::template now<Wide>(block.memory, work.world);
  observe<Task, kPrivilegedSize<Task>>(block, seen, now, index, run);
  store_states(block.flyer, seen, index, work);
}

template <class Task>
void start(const Work& work, int begin, int end) {
  const Run<Task> run = run_of<Task>(work, begin);
  for (int b = begin; b < end; ++b) begin_block(run, b);
  for (int b = begin; b < end; ++b) show_block(run, b);
}

/// Physics of one control step: link, drone, battery, gusts; then what the estimator tells of it.
template <class Task>
Estimate<Wide> move(Block<Task>& block, const Now<Task, Wide>& now, const SentOf<Task>& command,
                    int index, const Run<Task>& run) {
  const Work& work = run.work;
  using Action = typename Task::Action;
  FlyerOf<Task, Wide>& flyer = block.flyer;
  const Counter<Wide> at = counter_at(work, index);
  const FlyerOf<Task, Wide>& like = run.on.one_drone ? run.first : flyer;
  const FlyerOf<Task, Wide>& kind = run.on.one_kind ? run.first : flyer;
  const Passage<Wide> passage = run.on.passage ? draw_passage<Action>(like.params, like.derived, at)
                                               : steady_passage(like.derived);
  const Arriving<Wide, Action> arriving =
      pass_link(flyer.link, passage, work.tick, command, run.on.link);
  Surroundings<Wide> around =
      surroundings_of(flyer.drone.body, like.params, like.derived, flyer.gusts);
  if constexpr (Task::kInWorlds) {
    const Told<Wide> told(work.company, work.tick - 1, index * kLanes);
    const Met<Wide> met = meet(told, flyer.drone.body.p_WB, run.on.downwash);
    const Wide wake_n = Task::look_around(block.memory, met);
    feel_wakes(around, like.params, like.derived, wake_n);
  }
  step_control(flyer.drone, like.params, like.derived, kind.params, around, arriving, work.tick,
               run.on);
  if constexpr (Task::kHasFloor) rest_on_floor(flyer.drone.body);
  if constexpr (Task::kInWorlds) tell_block(block, now, index, work);
  if (run.on.lag) remember_pose(flyer.past, work.tick, pose_of(flyer.drone.body));
  Wide normals[kNormals];
  draw_tick(Action{}, at, run.on, normals);
  if (run.on.gusts && work.tick % kStepsPerRow<Action> == 0)
    step_gusts(flyer.gusts, flyer.derived, normals + kEstimateNormals);
  return estimate_at(flyer, work.settings->noise, run.on, work.tick, normals);
}

/// Keeps the last observation of an episode and begins the next, in one lane.
template <class Task>
__attribute__((noinline)) void turn_over(Block<Task>& block, int lane_number, int row,
                                         const Run<Task>& run) {
  constexpr int kSeen = kObservationSize<Task>, kExtra = kPrivilegedSize<Task>;
  const VecBuffers& out = run.work.buffers;
  for (int k = 0; k < kSeen; k += 16) {
    __builtin_prefetch(out.final_observation + row * kSeen + k, 1);
    __builtin_prefetch(out.final_privileged + row * kExtra + k / 2, 1);
  }
  const auto keep = [row](float* to, const float* from, int size) {
    std::memcpy(to + row * size, from + row * size, static_cast<std::size_t>(size) * sizeof(float));
  };
  FlyerOf<Task, float> flyer;
  Memory<Task, float> memory;
  flyer.episode = static_cast<std::uint32_t>(lane(WInt(block.flyer.episode), lane_number));
  const auto number = static_cast<std::uint32_t>(row);
  begin_episode<Task>(flyer, memory, number, run.work);
  keep(out.final_observation, out.observation, kSeen);
  keep(out.final_privileged, out.privileged, kExtra);
  if constexpr (Task::kInWorlds) {
    const Company& company = run.work.company;
    const BodyState<float>& body = flyer.drone.body;
    const Told<float> told(company, run.work.tick - 1, row);
    Task::look_around(memory, meet(told, body.p_WB, false));
    const auto now = Task::template now<float>(memory, run.work.world);
    tell(company, run.work.tick, row, body.p_WB, body.v_WB,
         Task::plan(now, run.work.world, body.p_WB, body.v_WB));
  }
  put_drone(block, lane_number, flyer, memory, run.on.lag);
  float normals[kNormals];
  const Counter<float> at{run.work.seed, number, run.work.tick};
  draw_tick(typename Task::Action{}, at, run.on, normals);
  const Estimate<float> seen =
      estimate_at(flyer, run.work.settings->noise, run.on, run.work.tick, normals);
  observe_one<Task>(flyer, memory, seen, row, run);
}

/// One control step. Flattened: the substeps then run in registers.
template <class Task>
__attribute__((flatten)) void step_block(const Run<Task>& run, int index) {
  const Work& work = run.work;
  Block<Task>& block = block_at<Task>(work, index);
  FlyerOf<Task, Wide>& flyer = block.flyer;
  const VecSettings& settings = *work.settings;

  flyer.age += 1;
  Task::tick(block.memory, work.world, 1);
  // Read before the physics, whose length hides what has a long way to come.
  const Now<Task, Wide> now = Task::template now<Wide>(block.memory, work.world);
  const SentOf<Task> output = load_commands<Task>(work, index);
  const SentOf<Task> command = limited(output, settings.limits);
  const SentOf<Task> previous = flyer.history.past[0];
  const Vec3<Wide> p_before = flyer.drone.body.p_WB;
  const Estimate<Wide> seen = move(block, now, command, index, run);
  remember(flyer.history, command);

  const auto event =
      Task::advance(block.memory, now, work.world, p_before, pose_of(flyer.drone.body), seen);
  const Moment<Wide, typename Task::Action> moment{flyer, output, command, previous};
  const auto score =
      Task::score(block.memory, now, event, moment, work.world, run.numbers, settings.limits);
  const Wide reward = add_up<Task>(score, block.term_sums);
  const WMask ended = score.failed | score.done;
  const WMask expired = WMask(flyer.age >= settings.max_steps) & !ended;
  const int active = active_lanes(work, index), row = index * kLanes;
  std::memcpy(work.buffers.reward + row, &reward, static_cast<std::size_t>(active) * sizeof(float));
  store_mask(ended, active, work.buffers.terminated + row);
  store_mask(expired, active, work.buffers.truncated + row);
  // The drone's parameters stand in the critic's rows since the episode began.
  const Now<Task, Wide> after = Task::after(now, block.memory, work.world);
  observe<Task, kCriticSize<Task> + kDroneMoving>(block, seen, after, index, run);
  const WMask over = ended | expired;
  if (!any(over)) return;
  for (int i = 0; i < active; ++i) {
    if (lane(over, i)) turn_over<Task>(block, i, row + i, run);
  }
}

template <class Task>
void step(const Work& work, int begin, int end) {
  const Run<Task> run = run_of<Task>(work, begin);
  for (int b = begin; b < end; ++b) step_block(run, b);
}

template <class Task>
void fly(const Work& work, int begin, int end) {
  const Run<Task> run = run_of<Task>(work, begin);
  for (int b = begin; b < end; ++b) {
    Block<Task>& block = block_at<Task>(work, b);
    const SentOf<Task> command = limited(load_commands<Task>(work, b), work.settings->limits);
    Task::tick(block.memory, work.world, 1);
    const Now<Task, Wide> now = Task::template now<Wide>(block.memory, work.world);
    const Estimate<Wide> seen = move(block, now, command, b, run);
    store_states(block.flyer, seen, b, work);
  }
}

int block_count(const Work& work) { return (work.num_drones + kLanes - 1) / kLanes; }

template <class Task>
void read_parameters(const Work& work, float* out) {
  for (int b = 0; b < block_count(work); ++b) {
    const Wide* values = reinterpret_cast<const Wide*>(&block_at<Task>(work, b).flyer.params);
    store_rows<kParameterCount>(values, active_lanes(work, b), out + b * kLanes * kParameterCount,
                                kParameterCount);
  }
}

template <class Task>
void take_reward_terms(const Work& work, double* sums) {
  for (int b = 0; b < block_count(work); ++b) {
    Block<Task>& block = block_at<Task>(work, b);
    for (int k = 0; k < Task::kTermCount; ++k) {
      for (int i = 0; i < active_lanes(work, b); ++i) sums[k] += lane(block.term_sums[k], i);
      block.term_sums[k] = Wide{};
    }
  }
}

template <class Task>
void read_places(const Work& work, std::int32_t* out) {
  for (int row = 0; row < work.num_drones; ++row) {
    Task::place_of(block_at<Task>(work, row / kLanes).memory, row % kLanes, out + 2 * row);
  }
}

template <class Task>
void read_kinds(const Work& work, std::int32_t* out) {
  const auto numbers = numbers_of<Task>(*work.settings);
  for (int row = 0; row < work.num_drones; ++row) {
    out[row] = Task::kind_of(numbers, static_cast<std::uint32_t>(row));
  }
}

template <class Item, int Count>
constexpr List<Item> list(const Item (&items)[Count]) {
  return {items, Count};
}

template <class Task>
constexpr TaskInfo info = {
    Task::kName,           list(Task::kObservation),    list(Task::kCritic),
    list(Task::kNumbers),  list(Task::kTerms),          kObservationSize<Task>,
    kPrivilegedSize<Task>, Task::kFollowsPaths,         Task::kFliesCourses,
    Task::Action::kKind,   Task::Action::kStepSubsteps, Task::Action::kLongestDelaySteps};

template <class Task>
constexpr Kernel kernel_of() {
  static_assert(sizeof(Task::kTerms) / sizeof(const char*) == Task::kTermCount, "a name each");
  static_assert(sizeof(Memory<Task, Wide>) == kLanes * sizeof(Memory<Task, float>),
                "a task remembers 32-bit numbers alone");
  return {SIM_CORE_ISA_NAME,   &info<Task>,           kLanes,
          sizeof(Block<Task>), start<Task>,           step<Task>,
          fly<Task>,           read_parameters<Task>, take_reward_terms<Task>,
          read_places<Task>,   read_kinds<Task>};
}

#define SIM_CORE_KERNEL(Task) kernel_of<Task>(),
const Kernel all[] = {SIM_CORE_TASKS(SIM_CORE_KERNEL)};
#undef SIM_CORE_KERNEL

}  // namespace

extern const List<Kernel> kernels;
const List<Kernel> kernels = list(all);

}  // namespace sim_core::SIM_CORE_ISA
