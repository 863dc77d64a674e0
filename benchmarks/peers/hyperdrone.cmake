# SPDX-License-Identifier: Apache-2.0
# hyperdrone compiles itself at first use. With this it downloads nothing from outside of pip: JSON's
# headers come from the virtual environment, what only its command lines need stays out.
file(GLOB json "$ENV{HYPERLUX_CACHE_DIR}/../lib/python*/site-packages/nlohmann_json")
set(FETCHCONTENT_SOURCE_DIR_NLOHMANN_JSON "${json}" CACHE PATH "")
set(RL_TOOLS_DISABLE_CLI11 ON CACHE BOOL "")
set(RL_TOOLS_DISABLE_TENSORBOARD ON CACHE BOOL "")
set(RL_TOOLS_BACKEND_DISABLE_CUDA ON CACHE BOOL "")
