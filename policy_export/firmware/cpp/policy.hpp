// SPDX-License-Identifier: Apache-2.0
/// The policy as it was trained, for one drone: state in, command out.
#pragma once

#include "policy_data.hpp"
#include "sim_core/drone_session.hpp"

namespace martlet {

/// CRC-32 of IEEE 802.3, as zlib computes it: over what was read before, and `part`.
std::uint32_t crc32(std::uint32_t before, const Sealed& part);

enum class Check { kPassed, kChecksum, kSelfTest };

class Policy {
 public:
  /// Whether weights and tables are those that were exported, and whether this machine makes of the
  /// self-test's state the observation and the command that it should, bit for bit.
  static Check check();

  /// Task `number` of `kTasks`, from its begin.
  void begin(int number);
  /// The observation, kObservationSize numbers, `row` control steps after the begin.
  void observe(const float state[13], std::int32_t row, float* observation);
  /// The network alone: a command [N, rad/s; or shares of full scale], not limited.
  static void infer(const float* observation, float output[4]);
  /// Limits an output and remembers it as sent.
  void decode(const float output[4], float command[4]);

 private:
  sim_core::scalar::DroneSession<Task> session_;
};

}  // namespace martlet
