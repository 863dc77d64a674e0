# SPDX-License-Identifier: Apache-2.0
"""What `martlet validate` says of the recordings in a folder, kept in results/validation.json.

Run it with `python benchmarks/validation.py DATA`.
"""

import sys
from pathlib import Path

from recording import record

from evaluation.validation.validate import validate


def main() -> None:
    """Measure, and write."""
    if len(sys.argv) != 2:
        sys.exit("usage: python benchmarks/validation.py DATA")
    record("validation", validate(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
