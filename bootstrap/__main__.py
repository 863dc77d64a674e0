# SPDX-License-Identifier: Apache-2.0
"""Entry of ``python3 -m bootstrap``.

It checks the Python before it reads any file that needs a new one.
"""

import sys

if sys.version_info < (3, 7):  # noqa: UP036  cannot even read what is imported below
    print("Martlet needs Python 3.11 to 3.13 (Debian: python3.11-dev, python3.11-venv).")
    sys.exit(2)

from bootstrap import preflight


def main() -> int:
    """Refuse a Python that will not do, or hand over to the command line."""
    refusal = preflight.wrong_python(preflight.look())
    if refusal is not None:
        print(refusal, file=sys.stderr)
        return 2
    from bootstrap import command_line

    return command_line.main(sys.argv[1:])


sys.exit(main())
