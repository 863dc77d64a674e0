// SPDX-License-Identifier: Apache-2.0
/// The vectorised simulator for one instruction set. Compiled once for each, with SIM_CORE_ISA and
/// SIM_CORE_LANES set; no standard container enters here (see kernel.hpp).
#include "sim_core/kernel.hpp"

#include "sim_core/drone.hpp"
#include "sim_core/rows.hpp"
#include "sim_core/track.hpp"

namespace sim_core::SIM_CORE_ISA {
namespace {

using WInt = Int<Wide>;
using WBits = Bits<Wide>;
using WMask = Mask<Wide>;

/// As many drones as fit a register, with all that belongs to them.
struct Block {
  Params<Wide> params;
  Derived<Wide> derived;
  Drone<Wide> drone;
  Link<Wide> link;
  TrackMemory<Wide> memory;
  Place<Wide> place;
  WInt age;       ///< control steps since the episode began
  WBits episode;  ///< number of the episode
  Wide term_sums[kTrackRewardTerms];
};

Block& block_at(const Work& work, int index) { return static_cast<Block*>(work.blocks)[index]; }

int active_lanes(const Work& work, int index) {
  const int left = work.num_drones - index * kLanes;
  return left < kLanes ? left : kLanes;
}

WBits drone_numbers(int index) { return WBits(lane_numbers<Wide>() + index * kLanes); }

Command<Wide> load_commands(const Work& work, int index) {
  Wide values[4];
  load_rows4(work.buffers.commands + 4 * index * kLanes, active_lanes(work, index), values);
  return {values[0], {values[1], values[2], values[3]}};
}

/// The command under which a drone hovers, as far as it may ask for it.
Command<Wide> hover_command(const Params<Wide>& params, const CommandLimits& limits) {
  const Wide weight_n = params.mass_kg * kGravity / params.thrust_gain;
  return limited<Wide>({weight_n, {Wide{}, Wide{}, Wide{}}}, limits);
}

void draw_parameters(Block& block, const WMask& mask, const Counter<Wide>& at,
                     const ParameterBox& box) {
  Wide* values = reinterpret_cast<Wide*>(&block.params);
  for (int i = 0; i < kParameterCount; i += 4) {
    const Draw<Wide> bits = draw(at, Purpose::kParameters, static_cast<std::uint32_t>(i));
    const WBits words[4] = {bits.a, bits.b, bits.c, bits.d};
    for (int k = i; k < i + 4 && k < kParameterCount; ++k) {
      const Wide drawn = uniform<Wide>(words[k - i]) * (box.high[k] - box.low[k]) + box.low[k];
      values[k] = select(mask, drawn, values[k]);
    }
  }
  block.derived = derive(block.params, kPhysicsStepS);
}

void draw_place(Block& block, const WMask& mask, const Counter<Wide>& at, const Work& work) {
  const Draw<Wide> bits = draw(at, Purpose::kReference, 0);
  const Wide which = uniform<Wide>(bits.a), where = uniform<Wide>(bits.b);
  const ReferenceTable& table = work.references;
  const int needed = work.settings->episode.max_steps + kPreviewPoints * kPreviewStride;
  for (int i = 0; i < kLanes; ++i) {
    if (!lane(mask, i)) continue;
    int path = static_cast<int>(lane(which, i) * static_cast<float>(table.count));
    path = path < table.count ? path : table.count - 1;
    const std::int32_t first = table.first[path], last = table.last[path];
    const std::int32_t spare = last - first - needed > 0 ? last - first - needed : 0;
    const auto offset = static_cast<std::int32_t>(lane(where, i) * static_cast<float>(spare));
    set_lane(block.place.first, i, first);
    set_lane(block.place.last, i, last);
    set_lane(block.place.row, i, first + offset);
  }
}

/// Uniform in (-half_width, half_width).
Wide spread(const WBits& bits, float half_width) {
  return (uniform<Wide>(bits) * 2.0f - 1.0f) * half_width;
}

BodyState<Wide> draw_start(const Counter<Wide>& at, const Goal<Wide>& goal, const Wide& yaw_cos,
                           const Wide& yaw_sin, const StartRanges& range) {
  const Draw<Wide> p = draw(at, Purpose::kStart, 0), v = draw(at, Purpose::kStart, 1);
  const Draw<Wide> w = draw(at, Purpose::kStart, 2);
  BodyState<Wide> body{};
  body.p_WB = goal.p_WB + Vec3<Wide>{spread(p.a, range.position_m), spread(p.b, range.position_m),
                                     spread(p.c, range.position_m)};
  body.p_WB.z = max_of(body.p_WB.z, splat<Wide>(range.floor_m));
  body.v_WB =
      goal.v_WB + Vec3<Wide>{spread(v.a, range.velocity_m_s), spread(v.b, range.velocity_m_s),
                             spread(v.c, range.velocity_m_s)};
  body.w_WB_B = {spread(w.a, range.body_rate_rad_s), spread(w.b, range.body_rate_rad_s),
                 spread(w.c, range.body_rate_rad_s)};
  // Tilt about a horizontal axis of any direction, on top of the yaw.
  const SinCos<Wide> axis = sin_cos_of_turns(uniform<Wide>(p.d));
  const SinCos<Wide> half = sin_cos_of(Wide(uniform<Wide>(v.d) * (0.5f * range.tilt_rad)));
  const Quat<Wide> tilt = {axis.cos * half.sin, axis.sin * half.sin, Wide{}, half.cos};
  const SinCos<Wide> turn = sin_cos_of(Wide(spread(w.d, 0.5f * range.yaw_rad)));
  // Half the goal's yaw from its cosine and sine; near +-pi either half will do.
  const Wide half_cos = sqrt_of(max_of(Wide(0.5f + 0.5f * yaw_cos), Wide{}));
  const Wide half_sin = select(yaw_sin < 0.0f, splat<Wide>(-1.0), splat<Wide>(1.0)) *
                        sqrt_of(max_of(Wide(0.5f - 0.5f * yaw_cos), Wide{}));
  const Quat<Wide> heading = {Wide{}, Wide{}, half_sin, half_cos};
  const Quat<Wide> offset = {Wide{}, Wide{}, turn.sin, turn.cos};
  body.q_WB = normalized(heading * (offset * tilt));
  return body;
}

/// Starts a new episode in the lanes of `mask`.
void begin_episode(Block& block, const WMask& mask, int index, const Work& work) {
  const Counter<Wide> at{work.seed, drone_numbers(index), block.episode};
  draw_parameters(block, mask, at, work.settings->box);
  draw_place(block, mask, at, work);
  const Goal<Wide> goal = goal_at<Wide>(work.references.rows, block.place);
  const BodyState<Wide> start =
      draw_start(at, goal, goal.cos_yaw, goal.sin_yaw, work.settings->start);

  const Command<Wide> hover = hover_command(block.params, work.settings->limits);
  Drone<Wide> drone{};
  Link<Wide> link;
  TrackMemory<Wide> memory;
  drone.body = start;
  settle_drone(drone, link, block.params, hover);
  start_memory(memory, hover);

  const auto merge = [&](void* to, const void* from, std::size_t bytes) {
    Wide* old = static_cast<Wide*>(to);
    const Wide* fresh = static_cast<const Wide*>(from);
    for (std::size_t i = 0; i < bytes / sizeof(Wide); ++i) old[i] = select(mask, fresh[i], old[i]);
  };
  merge(&block.drone, &drone, sizeof drone);
  merge(&block.link, &link, sizeof link);
  merge(&block.memory, &memory, sizeof memory);
  block.age = select(mask, WInt{}, block.age);
  block.episode += WBits(select(mask, WInt{} + 1, WInt{}));
}

Estimate<Wide> estimate_now(const Block& block, int index, const Work& work) {
  const Counter<Wide> at{work.seed, drone_numbers(index), WBits{} + work.tick};
  return estimate(block.drone.body, block.params, work.settings->noise, at);
}

/// Observation and privileged rows of one block.
void observe(const Block& block, const Goal<Wide>& goal, const Estimate<Wide>& seen, int index,
             const Work& work, float* observation, float* privileged) {
  const int active = active_lanes(work, index);
  observation += index * kLanes * kTrackObservationSize;
  privileged += index * kLanes * kPrivilegedSize;

  const Wide view[5] = {seen.p_WB.x, seen.p_WB.y, seen.p_WB.z, goal.cos_yaw, goal.sin_yaw};
  float views[kLanes][5];
  store_rows<5>(view, kLanes, &views[0][0], 5);
  for (int i = 0; i < active; ++i) {
    write_preview(work.references.rows, lane(block.place.row, i), lane(block.place.first, i),
                  lane(block.place.last, i), views[i], views[i][3], views[i][4],
                  observation + i * kTrackObservationSize);
  }
  Wide part[kBodyPartSize], extra[kPrivilegedSize];
  body_part(goal, seen, block.memory, part);
  store_rows<kBodyPartSize>(part, active, observation + kPreviewSize, kTrackObservationSize);
  privileged_part(goal, block.drone.body, block.drone.rate_loop.integral_deg,
                  block.drone.battery.motor_limit_n, block.params, extra);
  store_rows<kPrivilegedSize>(extra, active, privileged, kPrivilegedSize);
}

void store_states(const Block& block, const Estimate<Wide>& seen, int index, const Work& work) {
  const auto rows = [&](const Vec3<Wide>& p, const Quat<Wide>& q, const Vec3<Wide>& v,
                        const Vec3<Wide>& w, float* out) {
    const Wide values[13] = {p.x, p.y, p.z, q.x, q.y, q.z, q.w, v.x, v.y, v.z, w.x, w.y, w.z};
    store_rows<13>(values, active_lanes(work, index), out + 13 * index * kLanes, 13);
  };
  const BodyState<Wide>& body = block.drone.body;
  rows(body.p_WB, body.q_WB, body.v_WB, body.w_WB_B, work.buffers.truth);
  rows(seen.p_WB, seen.q_WB, seen.v_WB, seen.w_WB_B, work.buffers.estimate);
}

void start(const Work& work, int begin, int end) {
  const WMask everyone = WMask(WInt{} == 0);
  for (int b = begin; b < end; ++b) {
    Block& block = block_at(work, b);
    block.episode = WBits{};
    for (Wide& sum : block.term_sums) sum = Wide{};
    begin_episode(block, everyone, b, work);
    if (work.staggered) {
      const Draw<Wide> bits =
          draw(Counter<Wide>{work.seed, drone_numbers(b), WBits{}}, Purpose::kReference, 1);
      block.age = truncate(
          Wide(uniform<Wide>(bits.a) * static_cast<float>(work.settings->episode.max_steps)));
    }
    const Estimate<Wide> seen = estimate_now(block, b, work);
    const Goal<Wide> goal = goal_at<Wide>(work.references.rows, block.place);
    observe(block, goal, seen, b, work, work.buffers.observation, work.buffers.privileged);
    store_states(block, seen, b, work);
  }
}

void step_block(const Work& work, int index) {
  Block& block = block_at(work, index);
  const VecSettings& settings = *work.settings;

  const Command<Wide> output = load_commands(work, index);
  const Command<Wide> command = limited(output, settings.limits);
  const Command<Wide> previous = block.memory.past[0];
  step_control(block.drone, block.link, block.params, block.derived, command, work.tick);
  remember(block.memory, command);
  block.place.row += 1;
  block.age += 1;

  Goal<Wide> goal = goal_at<Wide>(work.references.rows, block.place);
  Estimate<Wide> seen = estimate_now(block, index, work);
  integrate_error(block.memory, goal, seen);
  const TrackScore<Wide> score = score_track(block.drone.body, goal, output, command, previous,
                                             hover_command(block.params, settings.limits).thrust_n,
                                             settings.reward, settings.episode, settings.limits);
  for (int i = 0; i < kTrackRewardTerms; ++i) {
    block.term_sums[i] = block.term_sums[i] + score.terms[i];
  }
  const WMask expired = WMask(block.age >= settings.episode.max_steps) & !score.crashed;
  const WMask done = score.crashed | expired;
  const int active = active_lanes(work, index);
  for (int i = 0; i < active; ++i) {
    const int row = index * kLanes + i;
    work.buffers.reward[row] = lane(score.reward, i);
    work.buffers.terminated[row] = lane(score.crashed, i) != 0;
    work.buffers.truncated[row] = lane(expired, i) != 0;
  }
  if (any(done)) {
    observe(block, goal, seen, index, work, work.buffers.final_observation,
            work.buffers.final_privileged);
    begin_episode(block, done, index, work);
    goal = goal_at<Wide>(work.references.rows, block.place);
    seen = estimate_now(block, index, work);
  }
  observe(block, goal, seen, index, work, work.buffers.observation, work.buffers.privileged);
}

void step(const Work& work, int begin, int end) {
  for (int b = begin; b < end; ++b) step_block(work, b);
}

void fly(const Work& work, int begin, int end) {
  for (int b = begin; b < end; ++b) {
    Block& block = block_at(work, b);
    const Command<Wide> command = limited(load_commands(work, b), work.settings->limits);
    step_control(block.drone, block.link, block.params, block.derived, command, work.tick);
    block.place.row += 1;
    store_states(block, estimate_now(block, b, work), b, work);
  }
}

int block_count(const Work& work) { return (work.num_drones + kLanes - 1) / kLanes; }

void read_parameters(const Work& work, float* out) {
  for (int b = 0; b < block_count(work); ++b) {
    const Wide* values = reinterpret_cast<const Wide*>(&block_at(work, b).params);
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
    const Block& block = block_at(work, row / kLanes);
    out[2 * row] = lane(block.place.first, row % kLanes);
    out[2 * row + 1] = lane(block.place.row, row % kLanes);
  }
}

}  // namespace

extern const Kernel kernel;
const Kernel kernel = {
    SIM_CORE_ISA_NAME, kLanes,     sizeof(Block), start, step, fly, read_parameters,
    take_reward_terms, read_places};

}  // namespace sim_core::SIM_CORE_ISA
