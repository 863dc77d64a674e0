// SPDX-License-Identifier: Apache-2.0
/// Which instruction sets are compiled in, and which of them this machine runs.
#include <cstring>

#include "training/kernel.hpp"

namespace training {

#if defined(SIM_CORE_WIDE)
namespace learner_avx512 {
extern const Kernel kernel;
}
namespace learner_avx2 {
extern const Kernel kernel;
}
#endif
namespace learner_baseline {
extern const Kernel kernel;
}

const Kernel* const* kernels(int* count) {
  static const Kernel* const all[] = {
#if defined(SIM_CORE_WIDE)
      &learner_avx512::kernel, &learner_avx2::kernel,
#endif
      &learner_baseline::kernel};
  *count = static_cast<int>(sizeof all / sizeof all[0]);
  return all;
}

bool runs_here(const Kernel& kernel) {
#if defined(SIM_CORE_WIDE)
  __builtin_cpu_init();
  if (std::strcmp(kernel.name, "avx512") == 0) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
  }
  if (std::strcmp(kernel.name, "avx2") == 0) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  }
#else
  (void)kernel;
#endif
  return true;
}

}  // namespace training
