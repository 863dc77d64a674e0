# SPDX-License-Identifier: Apache-2.0
"""Physics, observation and task logic: a compiled core behind a small typed face."""
