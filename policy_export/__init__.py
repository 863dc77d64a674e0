# SPDX-License-Identifier: Apache-2.0
"""Policies as files: torch to ONNX with a manifest, checked, and flown without torch."""
