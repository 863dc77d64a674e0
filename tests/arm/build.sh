#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds bits_of_a_flight with a compiler: build.sh COMPILER OUTPUT FOLDER. CXXFLAGS: how to
# optimise.
set -eu
compiler=$1 output=$2 work=$3
here=$(cd "$(dirname "$0")" && pwd)
core=$here/../../sim_core/cpp
flags="-std=c++17 ${CXXFLAGS:--O2} -Wno-psabi -ffp-contract=off -fno-math-errno -fno-trapping-math -I$core/include -I$work"

python3 "$core/list_tasks.py" "$work"

kernel() {
  name=$1 lanes=$2
  # shellcheck disable=SC2086
  "$compiler" $flags -DSIM_CORE_ISA="$name" -DSIM_CORE_ISA_NAME="\"$name\"" \
    -DSIM_CORE_LANES="$lanes" -c "$core/src/kernel.cpp" -o "$work/$name.o"
}

kernel scalar 1
kernel baseline 4
# shellcheck disable=SC2086
"$compiler" $flags -static "$here/bits_of_a_flight.cpp" "$core/src/dispatch.cpp" \
  "$core/src/path_table.cpp" "$core/src/vec_sim.cpp" "$core/src/workers.cpp" \
  "$core/src/world_data.cpp" "$work/scalar.o" "$work/baseline.o" \
  -pthread -o "$output"
