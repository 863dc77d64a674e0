# SPDX-License-Identifier: Apache-2.0
"""What `martlet view` can be asked; quick to import."""

from dataclasses import dataclass
from pathlib import Path

PORT = 9090
"""Where rerun's own page is served, too."""


@dataclass(frozen=True)
class ViewOptions:
    """What to show, and where.

    Attributes:
        save: Write a recording (.rrd) for rerun instead of showing one; of a flight in the air
            until it ends, or Ctrl-C.
        port: Of the page, on this machine's loopback alone; 0 for any that is free.
        open: Open the page in a browser.
    """

    save: Path | None = None
    port: int = PORT
    open: bool = True
