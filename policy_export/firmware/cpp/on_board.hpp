// SPDX-License-Identifier: Apache-2.0
/// What policy_data.hpp is made of, beside the network.
#pragma once

#include <cstddef>
#include <cstdint>

namespace martlet {

struct TaskOnBoard {
  const char* name;
  bool races;
  float start_m[3];  ///< where it begins, in W
};

/// What the policy is held to on board.
struct Guard {
  float box_low_m[3], box_high_m[3];  ///< corners of the fence, in W
  float least_tilt_cos;
  float max_speed_m_s;
  std::uint32_t dead_man_ms;  ///< longest silence of the laptop
  std::uint32_t stale_ms;     ///< longest that the estimate may stay the same
  float start_within_m;       ///< so near to its begin a path is begun
  float lowest_rest_m;        ///< not lower does it come to rest where it lets go
};

/// What 16 bits of thrust mean to the firmware. PWM: motor force [N] of a share u is square u^2 + linear u.
struct Thrust {
  bool pwm;
  float max_n, square_n, linear_n;
};

/// A part of what the seal is taken over.
struct Sealed {
  const void* data;
  std::size_t bytes;
};

}  // namespace martlet
