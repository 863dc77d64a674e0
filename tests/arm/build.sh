#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds bits_of_a_flight with a compiler: build.sh COMPILER OUTPUT FOLDER [wide]; wide: with the
# instruction sets that only x86-64 has. CXXFLAGS: how to optimise.
set -eu
compiler=$1 output=$2 work=$3
here=$(cd "$(dirname "$0")" && pwd)
core=$here/../../sim_core/cpp
flags="-std=c++17 ${CXXFLAGS:--O2} -Wno-psabi -ffp-contract=off -fno-math-errno -fno-trapping-math -I$core/include -I$work"

python3 "$core/list_tasks.py" "$work"

kernel() {
  name=$1 lanes=$2
  shift 2
  # shellcheck disable=SC2086
  "$compiler" $flags "$@" -DSIM_CORE_ISA="$name" -DSIM_CORE_ISA_NAME="\"$name\"" \
    -DSIM_CORE_LANES="$lanes" -c "$core/src/kernel.cpp" -o "$work/$name.o"
}

kernel scalar 1
kernel baseline 4
objects="$work/scalar.o $work/baseline.o"
if [ "${4:-}" = wide ]; then
  kernel avx2 8 -mavx2 -mfma
  kernel avx512 16 -mfma -mavx512f -mavx512dq -mavx512vl -mavx512bw -mprefer-vector-width=512
  objects="$objects $work/avx2.o $work/avx512.o"
  flags="$flags -DSIM_CORE_WIDE"
fi
# shellcheck disable=SC2086
"$compiler" $flags -static "$here/bits_of_a_flight.cpp" "$core/src/dispatch.cpp" \
  "$core/src/path_table.cpp" "$core/src/vec_sim.cpp" "$core/src/workers.cpp" \
  "$core/src/world_data.cpp" $objects \
  -pthread -o "$output"
