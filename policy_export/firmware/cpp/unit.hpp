// SPDX-License-Identifier: Apache-2.0
/// Who commands: the policy, as long as it is engaged, heard and within its limits; else the stock
/// controller. Small on purpose: it is what stands between a network and four motors.
#pragma once

#include "martlet.h"
#include "policy.hpp"

namespace martlet {

class Unit {
 public:
  void boot();
  void step(const martlet_input& input, martlet_output& output);
  Policy& policy() { return policy_; }

 private:
  martlet_reason why_not_begin(const martlet_input& input) const;
  martlet_reason why_stop(const martlet_input& input) const;
  void watch_estimate(const martlet_input& input);
  bool command(const martlet_input& input, martlet_output& output);
  void let_go(martlet_status status, martlet_reason reason);

  Policy policy_;
  martlet_status status_;
  martlet_reason reason_;
  std::uint32_t begun_ms_;
  std::uint32_t moved_ms_;  ///< when the estimate last changed
  float seen_[13];
};

}  // namespace martlet
