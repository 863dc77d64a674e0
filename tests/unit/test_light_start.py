# SPDX-License-Identifier: Apache-2.0
"""What only flies starts without torch, which takes seconds to import."""

import subprocess
import sys


def test_the_command_line_starts_without_torch():
    code = "import sys, martlet.cli, martlet.twin; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
