// SPDX-License-Identifier: Apache-2.0
#include "unit.hpp"

#include <cstring>
#include <new>

namespace martlet {
namespace {

using sim_core::scalar::Vec3;

bool finite(const float* numbers, int count) {
  for (int i = 0; i < count; ++i) {
    std::uint32_t bits;
    std::memcpy(&bits, &numbers[i], sizeof bits);
    if ((bits & 0x7f800000u) == 0x7f800000u) return false;
  }
  return true;
}

bool fenced(const float state[13]) {
  for (int i = 0; i < 3; ++i) {
    if (!(state[i] >= kGuard.box_low_m[i] && state[i] <= kGuard.box_high_m[i])) return false;
  }
  return true;
}

float square(float x) { return x * x; }
float speed2_of(const float s[13]) { return square(s[7]) + square(s[8]) + square(s[9]); }

float distance2(const float p[3], const float q[3]) {
  return square(p[0] - q[0]) + square(p[1] - q[1]) + square(p[2] - q[2]);
}

/// Heading of the body's x axis [rad], to 1e-5. Source: arctangent on [0, 1] as M. Abramowitz and I. Stegun,
/// Handbook of Mathematical Functions, 4.4.47.
float yaw_of(const float s[13]) {
  const float x = 1.0f - 2.0f * (square(s[4]) + square(s[5]));
  const float y = 2.0f * (s[3] * s[4] + s[6] * s[5]);
  const float ax = x < 0.0f ? -x : x, ay = y < 0.0f ? -y : y;
  const float larger = ax > ay ? ax : ay, smaller = ax > ay ? ay : ax;
  const float t = larger > 0.0f ? smaller / larger : 0.0f, u = t * t;
  float angle = 0.0208351f * u - 0.0851330f;
  angle = angle * u + 0.1801410f;
  angle = angle * u - 0.3302995f;
  angle = (angle * u + 0.9998660f) * t;
  if (ay > ax) angle = 1.5707963f - angle;
  if (x < 0.0f) angle = 3.1415927f - angle;
  return y < 0.0f ? -angle : angle;
}

/// The way to rest, as the laptop's guard flies it: half of speed times duration, inside of the fence.
void rest_of(const float s[13], martlet_output& output) {
  constexpr float kDeceleration = 3.0f, kShortestS = 0.5f, kMarginM = 0.2f;
  const float speed = sim_core::scalar::sqrt_of(speed2_of(s));
  float duration = 1.5f * speed / kDeceleration;
  duration = duration > kShortestS ? duration : kShortestS;
  for (int i = 0; i < 3; ++i) {
    const float low = kGuard.box_low_m[i] + kMarginM, high = kGuard.box_high_m[i] - kMarginM;
    const float to = s[i] + 0.5f * duration * s[7 + i];
    output.rest[i] = to < low ? low : (to > high ? high : to);
  }
  output.rest[2] = output.rest[2] < kGuard.lowest_rest_m ? kGuard.lowest_rest_m : output.rest[2];
  output.rest[3] = yaw_of(s);
  output.rest_s = duration;
}

/// As firmware_bridge/setpoints.py has it for the radio.
std::uint16_t counts_of(float thrust_n) {
  const float motor_n = thrust_n > 0.0f ? thrust_n / 4.0f : 0.0f;
  float share = motor_n / kThrust.max_n;
  if (kThrust.pwm) {
    const float under = square(kThrust.linear_n) + 4.0f * kThrust.square_n * motor_n;
    share = (sim_core::scalar::sqrt_of(under) - kThrust.linear_n) / (2.0f * kThrust.square_n);
  }
  share = share < 1.0f ? share : 1.0f;
  return static_cast<std::uint16_t>(share * 65535.0f + 0.5f);
}

Unit& unit_in(martlet_unit* memory) { return *std::launder(reinterpret_cast<Unit*>(memory)); }

}  // namespace

void Unit::boot() {
  status_ = MARTLET_IDLE;
  reason_ = MARTLET_NONE;
  begun_ms_ = moved_ms_ = 0;
  std::memset(seen_, 0, sizeof seen_);
  switch (Policy::check()) {
    case Check::kChecksum:
      return let_go(MARTLET_REFUSED, MARTLET_CHECKSUM);
    case Check::kSelfTest:
      return let_go(MARTLET_REFUSED, MARTLET_SELF_TEST);
    case Check::kPassed:
      break;
  }
}

void Unit::step(const martlet_input& input, martlet_output& output) {
  output = martlet_output{};
  watch_estimate(input);
  const bool flew = status_ == MARTLET_FLYING;
  if (status_ != MARTLET_REFUSED && !input.engage) {
    let_go(MARTLET_IDLE, MARTLET_NONE);
  } else if (status_ == MARTLET_IDLE) {
    const martlet_reason why = why_not_begin(input);
    if (why == MARTLET_NONE) {
      policy_.begin(input.task);
      begun_ms_ = input.now_ms;
      status_ = MARTLET_FLYING;
    } else {
      let_go(MARTLET_BACK, why);
    }
  }
  if (status_ == MARTLET_FLYING) {
    martlet_reason why = why_stop(input);
    if (why == MARTLET_NONE && !command(input, output)) why = MARTLET_OUTPUT;
    if (why != MARTLET_NONE) let_go(MARTLET_BACK, why);
  }
  output.status = static_cast<std::uint8_t>(status_);
  output.reason = static_cast<std::uint8_t>(reason_);
  output.returned = flew && status_ == MARTLET_BACK;
  if (output.returned) rest_of(seen_, output);
}

martlet_reason Unit::why_not_begin(const martlet_input& input) const {
  if (input.task >= kTaskCount) return MARTLET_TASK;
  const martlet_reason why = why_stop(input);
  if (why != MARTLET_NONE) return why;
  const TaskOnBoard& task = kTasks[input.task];
  if (!task.races && distance2(input.state, task.start_m) > square(kGuard.start_within_m)) {
    return MARTLET_START;
  }
  return MARTLET_NONE;
}

martlet_reason Unit::why_stop(const martlet_input& input) const {
  // Unsigned differences are right when the clock wraps, too.
  if (!input.heard || input.now_ms - input.heard_ms > kGuard.dead_man_ms) return MARTLET_DEAD_MAN;
  const float* s = input.state;
  if (!finite(s, 13) || input.now_ms - moved_ms_ > kGuard.stale_ms) return MARTLET_ESTIMATE;
  if (!fenced(s)) return MARTLET_FENCE;
  if (!(1.0f - 2.0f * (square(s[3]) + square(s[4])) >= kGuard.least_tilt_cos)) return MARTLET_TILT;
  if (!(speed2_of(s) <= square(kGuard.max_speed_m_s))) return MARTLET_SPEED;
  return MARTLET_NONE;
}

void Unit::watch_estimate(const martlet_input& input) {
  if (!finite(input.state, 13)) return;  // `seen_` stays where to come to rest from
  if (std::memcmp(seen_, input.state, sizeof seen_) == 0) return;
  std::memcpy(seen_, input.state, sizeof seen_);
  moved_ms_ = input.now_ms;
}

bool Unit::command(const martlet_input& input, martlet_output& output) {
  float observation[kObservationSize], raw[4];
  const std::uint32_t age_ms = input.now_ms - begun_ms_;
  const auto row = static_cast<std::int32_t>((age_ms + kPeriodMs / 2) / kPeriodMs);
  policy_.observe(input.state, row, observation);
  Policy::infer(observation, raw);
  if (!finite(raw, 4)) return false;
  policy_.decode(raw, output.command);
  return true;
}

void Unit::let_go(martlet_status status, martlet_reason reason) {
  status_ = status;
  reason_ = reason;
}

}  // namespace martlet

using martlet::kTaskCount;
using martlet::Policy;
using martlet::Unit;

void martlet_boot(martlet_unit* unit) {
  static_assert(sizeof(Unit) <= sizeof(martlet_unit), "make martlet_unit larger");
  static_assert(alignof(Unit) <= alignof(martlet_unit), "align martlet_unit");
  (new (unit) Unit)->boot();
}
void martlet_step(martlet_unit* unit, const martlet_input* input, martlet_output* output) {
  martlet::unit_in(unit).step(*input, *output);
}
int martlet_task_count(void) { return kTaskCount; }
const char* martlet_task_name(int task) {
  return task >= 0 && task < kTaskCount ? martlet::kTasks[task].name : "";
}
uint32_t martlet_crc(void) { return martlet::kSeal; }
uint32_t martlet_period_ms(void) { return martlet::kPeriodMs; }
uint16_t martlet_thrust_counts(float thrust_n) { return martlet::counts_of(thrust_n); }
uint16_t martlet_hover_counts(void) { return martlet::counts_of(martlet::kHoverThrustN); }

int martlet_observation_size(void) { return martlet::kObservationSize; }
void martlet_infer(const float* observation, float output[4]) {
  Policy::infer(observation, output);
}
void martlet_begin(martlet_unit* unit, int task) { martlet::unit_in(unit).policy().begin(task); }
void martlet_observe(martlet_unit* unit, const float state[13], int row, float* observation) {
  martlet::unit_in(unit).policy().observe(state, row, observation);
}
void martlet_decode(martlet_unit* unit, const float output[4], float command[4]) {
  martlet::unit_in(unit).policy().decode(output, command);
}
int martlet_check(void) {
  switch (Policy::check()) {
    case martlet::Check::kChecksum:
      return MARTLET_CHECKSUM;
    case martlet::Check::kSelfTest:
      return MARTLET_SELF_TEST;
    case martlet::Check::kPassed:
      break;
  }
  return MARTLET_NONE;
}
