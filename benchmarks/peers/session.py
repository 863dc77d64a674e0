# SPDX-License-Identifier: Apache-2.0
"""The end of the conversation that each driver holds: a JSON line when ready, one for each request.

Standard library only: it runs under the interpreter of every peer. A request is a line
`{"work": "physics", "seconds": 1.0}`; the answer holds `steps_per_s`, environment steps a second,
and `cores`, how many processors were busy meanwhile.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

Work = Callable[[], int]
"""Does some control steps of all drones; returns how many environment steps those were."""


def serve(works: dict[str, Work], **facts: Any) -> None:
    """Answer requests until standard input ends.

    Args:
        works: By name.
        facts: What else the first line tells.
    """
    for work in works.values():
        work()  # what compiles, compiles now
    _say({"works": list(works), **facts})
    for line in sys.stdin:
        request = json.loads(line)
        _say(_measure(works[request["work"]], request["seconds"]))


def _measure(work: Work, seconds: float) -> dict[str, float]:
    work()  # caches are warm, as in a long run
    steps, used = 0, time.process_time()
    began = now = time.perf_counter()
    while now - began < seconds:
        steps += work()
        now = time.perf_counter()
    used = time.process_time() - used
    return {"steps_per_s": steps / (now - began), "cores": round(used / (now - began), 4)}


def _say(content: dict[str, Any]) -> None:
    print(json.dumps(content), flush=True)  # noqa: T201
