// SPDX-License-Identifier: Apache-2.0
/// Times the parts of a control step apart, each over all drones, and counts their floating-point
/// operations: the kernel's own text, included here, over a number type that counts.
///
/// parts FILE: settings and paths as benchmarks/roofline.py writes them. Prints `name ns operations`,
/// a drone and step each.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "../../sim_core/cpp/src/kernel.cpp"

namespace sim_core::SIM_CORE_ISA {

long long counted = 0;

/// A float that counts what is done to it. Comparisons, choices and madd count as one, like a
/// register's.
struct Counted {
  float value;
  Counted() : value(0.0f) {}
  Counted(float v) : value(v) {}
};
#define COUNTED(op)                                                \
  inline Counted operator op(const Counted& a, const Counted& b) { \
    ++counted;                                                     \
    return a.value op b.value;                                     \
  }
COUNTED(+)
COUNTED(-)
COUNTED(*)
COUNTED(/)
#undef COUNTED
#define COMPARED(op)                                            \
  inline bool operator op(const Counted& a, const Counted& b) { \
    ++counted;                                                  \
    return a.value op b.value;                                  \
  }
COMPARED(<)
COMPARED(>)
COMPARED(==)
COMPARED(>=)
#undef COMPARED
inline Counted operator-(const Counted& a) { return -a.value; }
inline Counted fused(const Counted& a, const Counted& b, const Counted& c) {
  ++counted;
  return fused(a.value, b.value, c.value);
}
inline Counted sqrt_of(const Counted& a) {
  ++counted;
  return sqrt_of(a.value);
}
inline Counted select(bool mask, const Counted& a, const Counted& b) {
  ++counted;
  return mask ? a : b;
}
inline std::int32_t truncate(const Counted& a) { return truncate(a.value); }
inline std::uint32_t bits_of(const Counted& a) { return bits_of(a.value); }

/// Operations of the parts that work with numbers; the noise and the begin of an episode draw theirs
/// from whole numbers, and gathering a preview is mostly moving.
struct Operations {
  long long physics, estimate, observation, reward;
};

Operations operations(const VecSettings& settings, const Switches& on) {
  Operations found{};
  const auto since = [mark = counted]() mutable {
    const long long passed = counted - mark;
    mark = counted;
    return passed;
  };
  Flyer<Counted> flyer{};
  Track::Memory<Counted> memory{};
  const Track::Now<Counted> now{};
  const World world{};
  Counted normals[kNormals], part[kBehindRows<Track>], extra[kPrivilegedSize<Track>];
  const Command<Counted> command{};
  auto passed = since;
  const Passage<Counted> passage = steady_passage(flyer.derived);
  step_control(flyer.drone, flyer.params, flyer.derived, flyer.params,
               surroundings_of(flyer.drone.body, flyer.params, flyer.derived, flyer.gusts),
               pass_link(flyer.link, passage, 1, command, on.link), 1, on);
  step_gusts(flyer.gusts, flyer.derived, normals);
  found.physics = passed();
  const Estimate<Counted> seen = estimate_at(flyer, settings.noise, on, 1, normals);
  found.estimate = passed();
  Track::advance(memory, now, world, flyer.drone.body.p_WB, pose_of(flyer.drone.body), seen);
  view<Track, Counted>(flyer, memory, now, seen, world, part, extra);
  found.observation = passed() + 5 * kPreviewSize;
  const auto held = limited(command, settings.limits);
  Track::score(memory, now, {}, Moment<Counted>{flyer, command, held, held}, world,
               numbers_of<Track>(settings), settings.limits);
  found.reward = passed();
  return found;
}

}  // namespace sim_core::SIM_CORE_ISA

namespace {

using namespace sim_core;
using namespace sim_core::SIM_CORE_ISA;

constexpr int kDrones = 1024, kBlocks = kDrones / kLanes, kRepeats = 400;

/// What a run works on, held here as VecSim holds it.
struct Bench {
  VecSettings settings;
  std::vector<Path> paths;
  std::vector<float> commands, observation, privileged, reward, states[2];
  std::vector<std::uint8_t> flags;
  Work work;
};

template <class Number>
Number read(std::FILE* file) {
  Number number{};
  if (std::fread(&number, sizeof number, 1, file) != 1) std::exit(2);
  return number;
}

void load(Bench& bench, const char* name) {
  std::FILE* file = std::fopen(name, "rb");
  if (file == nullptr) std::exit(2);
  bench.settings.box = read<ParameterBox>(file);
  bench.settings.noise = read<EstimateNoise>(file);
  bench.settings.limits = read<CommandLimits>(file);
  const int count = read<std::int32_t>(file);
  for (int i = 0; i < count; ++i) {
    Path path;
    path.rows.resize(4 * static_cast<std::size_t>(read<std::int32_t>(file)));
    for (float& number : path.rows) number = read<float>(file);
    bench.paths.push_back(path);
  }
  bench.commands.resize(4 * kDrones);
  for (float& number : bench.commands) number = read<float>(file);
  std::fclose(file);
}

/// Nanoseconds a drone of `part(block)` over all blocks: the best of many passes.
template <class Part>
double nanoseconds(const Part& part) {
  using Clock = std::chrono::steady_clock;
  double best = 1e30;
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    const auto began = Clock::now();
    for (int block = 0; block < kBlocks; ++block) part(block);
    const std::chrono::duration<double, std::nano> passed = Clock::now() - began;
    best = passed.count() < best ? passed.count() : best;
  }
  return best / kDrones;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  Bench bench;
  load(bench, argv[1]);
  const PathTable table(bench.paths);
  bench.observation.resize(kDrones * kObservationSize<Track>);
  bench.privileged.resize(kDrones * kPrivilegedSize<Track>);
  bench.reward.resize(kDrones);
  bench.flags.resize(kDrones);
  for (auto& state : bench.states) state.resize(13 * kDrones);
  std::vector<float> last_observation(bench.observation.size());
  std::vector<float> last_privileged(bench.privileged.size());
  Work& work = bench.work;
  work.settings = &bench.settings;
  work.world.references = table.view();
  work.buffers = {bench.commands.data(),   bench.observation.data(), bench.privileged.data(),
                  bench.reward.data(),     bench.flags.data(),       bench.flags.data(),
                  last_observation.data(), last_privileged.data(),   bench.states[0].data(),
                  bench.states[1].data()};
  work.blocks = std::aligned_alloc(64, kBlocks * sizeof(Block<Track>));
  work.num_drones = kDrones;
  start<Track>(work, 0, kBlocks);
  const Run<Track> run = run_of<Track>(work, 0);
  const Operations flop = operations(bench.settings, run.on);

  Run<Track> silent = run;
  silent.on.noise = silent.on.gusts = silent.on.passage = false;
  Estimate<Wide> seen{};
  const auto moved = [&](const Run<Track>& which) {
    return nanoseconds([&](int b) {
      seen = move(block_at<Track>(work, b), load_commands(work, b), b, which);
      work.tick += b == 0;
    });
  };
  const double all_ns = moved(run), physics_ns = moved(silent);
  const double view_ns = nanoseconds([&](int b) {
    Block<Track>& block = block_at<Track>(work, b);
    Track::tick(block.memory, work.world, 0);
    const Track::Now<Wide> now = Track::now<Wide>(block.memory, work.world);
    observe<Track, kCriticSize<Track> + kDroneMoving>(block, pose_of(block.flyer.drone.body), now,
                                                      b, run);
  });
  start<Track>(work, 0, kBlocks);
  Wide total{};
  const double reward_ns = nanoseconds([&](int b) {
    Block<Track>& block = block_at<Track>(work, b);
    const Command<Wide> command = block.flyer.history.past[0];
    const auto score = Track::score(block.memory, Track::Now<Wide>{}, {},
                                    Moment<Wide>{block.flyer, command, command, command},
                                    work.world, run.numbers, bench.settings.limits);
    total = total + add_up<Track>(score, block.term_sums);
  });
  const double reset_ns = nanoseconds([&](int b) {
    for (int i = 0; i < kLanes; ++i)
      turn_over<Track>(block_at<Track>(work, b), i, b * kLanes + i, run);
  });
  std::fprintf(stderr, "%g\n", static_cast<double>(lane(total, 0)));
  std::printf("physics %.3f %lld\nnoise %.3f %lld\nobservation %.3f %lld\nreward %.3f %lld\n",
              physics_ns, flop.physics, all_ns - physics_ns, flop.estimate, view_ns,
              flop.observation, reward_ns, flop.reward);
  std::printf("reset %.3f 0\nblock %zu 0\n", reset_ns, sizeof(Block<Track>) / kLanes);
  return 0;
}
