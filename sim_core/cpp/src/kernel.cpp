// SPDX-License-Identifier: Apache-2.0
/// The vectorised simulator for one instruction set. Compiled once for each, with SIM_CORE_ISA and
/// SIM_CORE_LANES set; no standard container enters here (see kernel.hpp).
#include "sim_core/kernel.hpp"

#include <cstddef>

#include "sim_core/episode.hpp"
#include "sim_core/track.hpp"

namespace sim_core::SIM_CORE_ISA {
namespace {

static_assert(kPrivilegedMoving == 17, "`observe` writes sixteen numbers and one");

using WInt = Int<Wide>;
using WBits = Bits<Wide>;
using WMask = Mask<Wide>;

/// As many drones as fit a register.
struct Block {
  Flyer<Wide> flyer;
  Wide term_sums[kTrackRewardTerms];
};
static_assert(sizeof(Flyer<Wide>) == kLanes * sizeof(Flyer<float>), "one list of 32-bit numbers");

/// One call's settings, and which of its parts act.
struct Run {
  const Work& work;
  Switches on;
};

Run run_of(const Work& work) {
  return {work, switches_of(work.settings->box, work.settings->noise)};
}

Block& block_at(const Work& work, int index) { return static_cast<Block*>(work.blocks)[index]; }

int active_lanes(const Work& work, int index) {
  const int left = work.num_drones - index * kLanes;
  return left < kLanes ? left : kLanes;
}

WBits drone_numbers(int index) { return WBits(lane_numbers<Wide>() + index * kLanes); }

Counter<Wide> counter_at(const Work& work, int index) {
  return {work.seed, drone_numbers(index), WBits{} + work.tick};
}

Command<Wide> load_commands(const Work& work, int index) {
  Wide values[4];
  load_rows4(work.buffers.commands + 4 * index * kLanes, active_lanes(work, index), values);
  return {values[0], {values[1], values[2], values[3]}};
}

/// Puts one drone into a lane, without its past poses where none are kept.
void put_lane(Flyer<Wide>& flyers, int lane_number, const Flyer<float>& flyer, bool with_past) {
  constexpr std::size_t kWithout = offsetof(Flyer<float>, past) / sizeof(float);
  const std::size_t count = with_past ? sizeof flyer / sizeof(float) : kWithout;
  const char* from = reinterpret_cast<const char*>(&flyer);
  char* to = reinterpret_cast<char*>(&flyers) + lane_number * sizeof(float);
  for (std::size_t i = 0; i < count; ++i) {
    std::memcpy(to + i * sizeof(Wide), from + i * sizeof(float), sizeof(float));
  }
}

/// Observation and privileged rows of one drone.
void observe_one(const Flyer<float>& flyer, const Estimate<float>& seen, const Goal<float>& goal,
                 int row, const Run& run) {
  const VecBuffers& out = run.work.buffers;
  float* observation = out.observation + row * kTrackObservationSize;
  const float p_WB[3] = {seen.p_WB.x, seen.p_WB.y, seen.p_WB.z};
  write_preview(run.work.references.points + spots_of(flyer.place).points[0], p_WB, goal.cos_yaw,
                goal.sin_yaw, observation);
  view_parts(flyer, goal, seen, observation + kPreviewSize, out.privileged + row * kPrivilegedSize);
}

/// The same of a block; of the critic's rows `Size` numbers.
template <int Size>
void observe(const Flyer<Wide>& flyer, const Estimate<Wide>& seen, const Goal<Wide>& goal,
             const Spots<kLanes>& spots, int index, const Run& run) {
  const int active = active_lanes(run.work, index);
  const VecBuffers& out = run.work.buffers;
  float* observation = out.observation + index * kLanes * kTrackObservationSize;
  float* privileged = out.privileged + index * kLanes * kPrivilegedSize;

  const Wide view[5] = {seen.p_WB.x, seen.p_WB.y, seen.p_WB.z, goal.cos_yaw, goal.sin_yaw};
  float views[kLanes][5];
  store_rows<5>(view, kLanes, &views[0][0], 5);
  for (int i = 0; i < active; ++i) {
    write_preview(run.work.references.points + spots.points[i], views[i], views[i][3], views[i][4],
                  observation + i * kTrackObservationSize);
  }
  Wide part[kBodyPartSize], extra[kPrivilegedSize];
  view_parts(flyer, goal, seen, part, extra);
  store_rows<kBodyPartSize>(part, active, observation + kPreviewSize, kTrackObservationSize);
  store_rows<Size>(extra, active, privileged, kPrivilegedSize);
  if (Size < kPrivilegedMoving) {
    store_column(extra[Size], active, privileged + Size, kPrivilegedSize);
  }
}

void store_states(const Flyer<Wide>& flyer, const Estimate<Wide>& seen, int index,
                  const Work& work) {
  const auto rows = [&](const Pose<Wide>& pose, float* out) {
    Wide values[13];
    static_assert(sizeof values == sizeof pose);
    std::memcpy(values, &pose, sizeof values);
    store_rows<13>(values, active_lanes(work, index), out + 13 * index * kLanes, 13);
  };
  rows(pose_of(flyer.drone.body), work.buffers.truth);
  rows(seen, work.buffers.estimate);
}

void start_block(const Run& run, int index) {
  const Work& work = run.work;
  Block& block = block_at(work, index);
  for (Wide& sum : block.term_sums) sum = Wide{};
  for (int i = 0; i < kLanes; ++i) {
    const auto number = static_cast<std::uint32_t>(index * kLanes + i);
    Flyer<float> flyer{};
    begin_episode(flyer, number, work);
    if (work.staggered) {
      const Draw<float> bits = draw(Counter<float>{work.seed, number, 0}, Purpose::kReference, 1);
      flyer.age =
          truncate(uniform<float>(bits.a) * static_cast<float>(work.settings->episode.max_steps));
    }
    put_lane(block.flyer, i, flyer, true);
  }
  Wide normals[kNormals];
  draw_tick(counter_at(work, index), run.on, normals);
  const Estimate<Wide> seen =
      estimate_at(block.flyer, work.settings->noise, run.on, work.tick, normals);
  const Spots<kLanes> spots = spots_of(block.flyer.place);
  observe<kPrivilegedSize>(block.flyer, seen, goal_at<Wide>(work.references.goals, spots), spots,
                           index, run);
  store_states(block.flyer, seen, index, work);
}

void start(const Work& work, int begin, int end) {
  const Run run = run_of(work);
  for (int b = begin; b < end; ++b) start_block(run, b);
}

/// Physics of one control step: link, drone, battery, gusts; then what the estimator tells of it.
Estimate<Wide> move(Flyer<Wide>& flyer, const Command<Wide>& command, int index, const Run& run) {
  const Work& work = run.work;
  const Counter<Wide> at = counter_at(work, index);
  const Passage<Wide> passage = run.on.passage ? draw_passage(flyer.params, flyer.derived, at)
                                               : steady_passage(flyer.derived);
  const Arriving<Wide> arriving = pass_link(flyer.link, passage, work.tick, command);
  step_control(flyer.drone, flyer.params, flyer.derived, flyer.gusts, arriving, work.tick,
               run.on.pwm);
  if (run.on.lag) remember_pose(flyer.past, work.tick, pose_of(flyer.drone.body));
  Wide normals[kNormals];
  draw_tick(at, run.on, normals);
  if (run.on.gusts) step_gusts(flyer.gusts, flyer.derived, normals + kEstimateNormals);
  return estimate_at(flyer, work.settings->noise, run.on, work.tick, normals);
}

typedef signed char LaneBytes __attribute__((vector_size(SIM_CORE_LANES)));

/// Writes a mask as bytes, 1 where it is set.
void store_mask(const WMask& mask, int count, std::uint8_t* out) {
#if SIM_CORE_LANES > 1
  const LaneBytes bytes = __builtin_convertvector(mask, LaneBytes) & 1;
  std::memcpy(out, &bytes, static_cast<std::size_t>(count));
#else
  if (count > 0) *out = mask ? 1 : 0;
#endif
}

/// Keeps the last observation of an episode and begins the next, in one lane.
__attribute__((noinline)) void turn_over(Flyer<Wide>& flyers, int lane_number, int row,
                                         const Run& run) {
  const VecBuffers& out = run.work.buffers;
  for (int k = 0; k < kTrackObservationSize; k += 16) {
    __builtin_prefetch(out.final_observation + row * kTrackObservationSize + k, 1);
    __builtin_prefetch(out.final_privileged + row * kPrivilegedSize + k / 2, 1);
  }
  const auto keep = [row](float* to, const float* from, int size) {
    std::memcpy(to + row * size, from + row * size, static_cast<std::size_t>(size) * sizeof(float));
  };
  Flyer<float> flyer;
  flyer.episode = static_cast<std::uint32_t>(lane(WInt(flyers.episode), lane_number));
  const auto number = static_cast<std::uint32_t>(row);
  begin_episode(flyer, number, run.work);
  keep(out.final_observation, out.observation, kTrackObservationSize);
  keep(out.final_privileged, out.privileged, kPrivilegedSize);
  put_lane(flyers, lane_number, flyer, run.on.lag);
  float normals[kNormals];
  draw_tick(Counter<float>{run.work.seed, number, run.work.tick}, run.on, normals);
  const Estimate<float> seen =
      estimate_at(flyer, run.work.settings->noise, run.on, run.work.tick, normals);
  observe_one(flyer, seen, goal_at<float>(run.work.references.goals, flyer.place), row, run);
}

/// One control step. Flattened: the substeps then run in registers.
__attribute__((flatten)) void step_block(const Run& run, int index) {
  const Work& work = run.work;
  Block& block = block_at(work, index);
  Flyer<Wide>& flyer = block.flyer;
  const VecSettings& settings = *work.settings;

  flyer.place.row += 1;
  flyer.age += 1;
  const Spots<kLanes> spots = spots_of(flyer.place);
  prefetch(work.references, spots);
  const Command<Wide> output = load_commands(work, index);
  const Command<Wide> command = limited(output, settings.limits);
  const Command<Wide> previous = flyer.memory.past[0];
  const Estimate<Wide> seen = move(flyer, command, index, run);
  remember(flyer.memory, command);

  const Goal<Wide> goal = goal_at<Wide>(work.references.goals, spots);
  integrate_error(flyer.memory, goal, seen);
  const TrackScore<Wide> score = score_track(flyer.drone.body, goal, output, command, previous,
                                             hover_command(flyer.derived, settings.limits).thrust_n,
                                             settings.reward, settings.episode, settings.limits);
  for (int i = 0; i < kTrackRewardTerms; ++i) {
    block.term_sums[i] = block.term_sums[i] + score.terms[i];
  }
  const WMask expired = WMask(flyer.age >= settings.episode.max_steps) & !score.crashed;
  const WMask done = score.crashed | expired;
  const int active = active_lanes(work, index), row = index * kLanes;
  std::memcpy(work.buffers.reward + row, &score.reward,
              static_cast<std::size_t>(active) * sizeof(float));
  store_mask(score.crashed, active, work.buffers.terminated + row);
  store_mask(expired, active, work.buffers.truncated + row);
  // The drone's parameters stand in the critic's rows since the episode began. What moves is one
  // number more than fills whole registers.
  observe<kPrivilegedMoving - 1>(flyer, seen, goal, spots, index, run);
  if (!any(done)) return;
  for (int i = 0; i < active; ++i) {
    if (lane(done, i)) turn_over(flyer, i, row + i, run);
  }
}

void step(const Work& work, int begin, int end) {
  const Run run = run_of(work);
  for (int b = begin; b < end; ++b) step_block(run, b);
}

void fly(const Work& work, int begin, int end) {
  const Run run = run_of(work);
  for (int b = begin; b < end; ++b) {
    Flyer<Wide>& flyer = block_at(work, b).flyer;
    const Command<Wide> command = limited(load_commands(work, b), work.settings->limits);
    const Estimate<Wide> seen = move(flyer, command, b, run);
    flyer.place.row += 1;
    store_states(flyer, seen, b, work);
  }
}

int block_count(const Work& work) { return (work.num_drones + kLanes - 1) / kLanes; }

void read_parameters(const Work& work, float* out) {
  for (int b = 0; b < block_count(work); ++b) {
    const Wide* values = reinterpret_cast<const Wide*>(&block_at(work, b).flyer.params);
    store_rows<kParameterCount>(values, active_lanes(work, b), out + b * kLanes * kParameterCount,
                                kParameterCount);
  }
}

void take_reward_terms(const Work& work, double* sums) {
  for (int b = 0; b < block_count(work); ++b) {
    Block& block = block_at(work, b);
    for (int k = 0; k < kTrackRewardTerms; ++k) {
      for (int i = 0; i < active_lanes(work, b); ++i) sums[k] += lane(block.term_sums[k], i);
      block.term_sums[k] = Wide{};
    }
  }
}

void read_places(const Work& work, std::int32_t* out) {
  for (int row = 0; row < work.num_drones; ++row) {
    const Place<Wide>& place = block_at(work, row / kLanes).flyer.place;
    out[2 * row] = lane(place.first, row % kLanes);
    out[2 * row + 1] = lane(place.row, row % kLanes);
  }
}

}  // namespace

extern const Kernel kernel;
const Kernel kernel = {
    SIM_CORE_ISA_NAME, kLanes,     sizeof(Block), start, step, fly, read_parameters,
    take_reward_terms, read_places};

}  // namespace sim_core::SIM_CORE_ISA
