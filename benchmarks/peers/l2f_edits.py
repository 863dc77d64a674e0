# SPDX-License-Identifier: Apache-2.0
"""Fetches l2f's sources and leaves one of its 14 compiled batch sizes in: the one that is driven.

Run it with `python l2f_edits.py FOLDER VERSION`, under the interpreter that l2f is for; it prints
the path to hand to pip. All sizes are the same template, and compiling them takes 7.5 GB of memory
and over half an hour of one core; one takes three minutes. The flags stay l2f's own.
"""

import re
import subprocess
import sys
import tarfile
from pathlib import Path

SIZE = 1024


def main(folder: Path, version: str) -> Path:
    """Download, unpack, edit."""
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", "l2f",
         "--dest", folder, f"l2f=={version}"],
        check=True, stdout=sys.stderr,
    )  # fmt: skip
    with tarfile.open(folder / f"l2f-{version}.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    sources = folder / f"l2f-{version}"
    other_sizes = rf"\n *vector_factory<(?!{SIZE}>)\d+>\(m\);"
    _edit(sources / "l2f" / "interface.cpp", other_sizes, "")
    selector = r"(?s)vector_selector = \{.*"
    _edit(
        sources / "l2f" / "__init__.py", selector, f"vector_selector = {{{SIZE}: vector{SIZE}}}\n"
    )
    return sources


def _edit(path: Path, pattern: str, replacement: str) -> None:
    text, count = re.subn(pattern, replacement, path.read_text())
    if not count:
        raise SystemExit(f"{path.name}: expected {pattern}, found none; another version of l2f?")
    path.write_text(text)


if __name__ == "__main__":
    print(main(Path(sys.argv[1]), sys.argv[2]))  # noqa: T201
