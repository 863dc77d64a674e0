// SPDX-License-Identifier: Apache-2.0
/// The seam between the vectorised simulator and its instruction sets: plain data in, plain function
/// pointers out, nothing inline that a linker could take from the wrong translation unit.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sim_core/layout.hpp"
#include "sim_core/path_table.hpp"
#include "sim_core/settings.hpp"

namespace sim_core {

struct VecSettings {
  ParameterBox box;
  StartRanges start;
  EstimateNoise noise;
  CommandLimits limits;
  TrackReward reward;
  TrackEpisode episode;
};

/// Row-major arrays, one row a drone, shared with numpy.
struct VecBuffers {
  const float* commands = nullptr;     ///< (N, 4) as the policy put them out
  float* observation = nullptr;        ///< (N, kTrackObservationSize)
  float* privileged = nullptr;         ///< (N, kPrivilegedSize)
  float* reward = nullptr;             ///< (N,)
  std::uint8_t* terminated = nullptr;  ///< (N,)
  std::uint8_t* truncated = nullptr;   ///< (N,)
  float* final_observation = nullptr;  ///< like observation; good where an episode ended
  float* final_privileged = nullptr;
  float* truth = nullptr;     ///< (N, 13)
  float* estimate = nullptr;  ///< (N, 13)
};

/// One call's worth of work; a range of blocks of it goes to each thread.
struct Work {
  const VecSettings* settings = nullptr;
  ReferenceTable references;
  VecBuffers buffers;
  void* blocks = nullptr;
  std::uint32_t seed = 0;
  std::uint32_t tick = 0;  ///< control steps since the run began
  std::int32_t num_drones = 0;
  bool staggered = false;  ///< start episodes at random ages
};

/// What an instruction set offers. Ranges are in blocks of `lanes` drones.
struct Kernel {
  const char* name;
  int lanes;
  std::size_t block_bytes;
  /// Draws drones and starts; fills observation, privileged, truth and estimate.
  void (*start)(const Work&, int begin, int end);
  /// One control step of the task, with episodes that end and begin again.
  void (*step)(const Work&, int begin, int end);
  /// One control step of physics alone: commands in, truth and estimate out.
  void (*fly)(const Work&, int begin, int end);
  /// Parameters as drawn, (N, kParameterCount).
  void (*read_parameters)(const Work&, float* out);
  /// Adds each reward term's sum since the last call to `sums`, and clears it.
  void (*take_reward_terms)(const Work&, double* sums);
  /// Index into the reference table of each drone's present path, and its present row.
  void (*read_places)(const Work&, std::int32_t* out);
};

/// Instruction sets compiled in, widest first; the last runs everywhere.
const Kernel* const* kernels(int* count);
/// Whether this machine can run the kernel.
bool runs_here(const Kernel& kernel);

}  // namespace sim_core
