// SPDX-License-Identifier: Apache-2.0
#include "policy.hpp"

#include <cstring>

namespace martlet {
namespace {

bool same(const float* a, const float* b, int count) {
  return std::memcmp(a, b, static_cast<std::size_t>(count) * sizeof(float)) == 0;
}

using sim_core::scalar::Command;
using sim_core::scalar::MotorCommand;

[[maybe_unused]] void write(const Command<float>& sent, float numbers[4]) {
  const float four[4] = {sent.thrust_n, sent.w_B.x, sent.w_B.y, sent.w_B.z};
  std::memcpy(numbers, four, sizeof four);
}
[[maybe_unused]] void write(const MotorCommand<float>& sent, float numbers[4]) {
  std::memcpy(numbers, sent.share, sizeof sent.share);
}

std::uint32_t seal() {
  std::uint32_t value = 0;
  for (const Sealed& part : kSealed) value = crc32(value, part);
  return value;
}

}  // namespace

std::uint32_t crc32(std::uint32_t before, const Sealed& part) {
  const auto* bytes = static_cast<const std::uint8_t*>(part.data);
  std::uint32_t crc = ~before;
  for (std::size_t i = 0; i < part.bytes; ++i) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1u) != 0 ? 0xedb88320u : 0u);
  }
  return ~crc;
}

Check Policy::check() {
  if (seal() != kSeal) return Check::kChecksum;
  Policy policy;
  float observation[kObservationSize], output[4], command[4];
  policy.begin(0);
  policy.observe(kSelfTestState, 0, observation);
  infer(observation, output);
  policy.decode(output, command);
  const bool passed = same(observation, kSelfTestObservation, kObservationSize) &&
                      same(command, kSelfTestCommand, 4);
  return passed ? Check::kPassed : Check::kSelfTest;
}

void Policy::begin(int number) {
  session_.begin(kWorld, number, kHover);
  if (kTasks[number].races) session_.take_role(1);
}

void Policy::observe(const float state[13], std::int32_t row, float* observation) {
  using namespace sim_core::scalar;
  session_.observe(kWorld, estimate_of(state), row, nobody_met(), observation);
}

void Policy::infer(const float* observation, float output[4]) {
  float layer[2][kWidestLayer];
  static_assert(kObservationSize <= kWidestLayer, "raise kWidestLayer");
  for (int i = 0; i < kObservationSize; ++i) {
    layer[0][i] = (observation[i] - kObservationOffset[i]) * kObservationScale[i];
  }
  int at = 0;
  for (const auto& each : kLayers) {
    forward(each, layer[at], layer[1 - at]);
    at = 1 - at;
  }
  for (int i = 0; i < 4; ++i) output[i] = kCommandCenter[i] + kCommandHalfRange[i] * layer[at][i];
}

void Policy::decode(const float output[4], float command[4]) {
  write(session_.decode(output, kLimits), command);
}

}  // namespace martlet
