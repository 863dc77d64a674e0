// SPDX-License-Identifier: Apache-2.0
#include "training/network.hpp"

#include <algorithm>

namespace training {
namespace {

/// Calls `visit(place in ours)` in PyTorch's order.
template <class Visit>
void each(const Network& n, const Visit& visit) {
  for (int k = 0; n.deviations && k < n.outputs; ++k) visit(n.deviations_at() + k);
  const auto hidden = [&](int at, int rows, int bias, int units) {
    for (int j = 0; j < units; ++j) {
      for (int i = 0; i < rows; ++i) {
        if (i != bias) visit(at + i * units + j);
      }
    }
    for (int j = 0; j < units; ++j) visit(at + bias * units + j);
  };
  hidden(n.first_at(), n.inputs, n.constant, n.first);
  hidden(n.second_at(), n.first + 1, n.first, n.second);
  for (int k = 0; k < n.outputs; ++k) {
    for (int i = 0; i < n.second; ++i) visit(n.last_at() + k * n.last_columns() + i);
  }
  for (int k = 0; k < n.outputs; ++k) visit(n.last_at() + k * n.last_columns() + n.second);
}

}  // namespace

void pack(const Network& shape, const float* torch_order, float* flat) {
  std::fill(flat, flat + shape.size(), 0.0f);
  each(shape, [&](int place) { flat[place] = *torch_order++; });
}

void unpack(const Network& shape, const float* flat, float* torch_order) {
  each(shape, [&](int place) { *torch_order++ = flat[place]; });
}

const char* name_of(const Network& n, int place) {
  if (place >= n.deviations_at()) return "log_std";
  if (place >= n.last_at()) {
    return (place - n.last_at()) % n.last_columns() < n.second ? "body.4.weight" : "body.4.bias";
  }
  if (place >= n.second_at()) {
    return (place - n.second_at()) / n.second < n.first ? "body.2.weight" : "body.2.bias";
  }
  return place / n.first == n.constant ? "body.0.bias" : "body.0.weight";
}

}  // namespace training
