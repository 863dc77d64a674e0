# SPDX-License-Identifier: Apache-2.0
"""Steps are taken once, in order, and a set-up that was cut short repairs itself."""

import io
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from bootstrap.display import Display
from bootstrap.plan import Say, Step
from bootstrap.setup import Setup, SetupError
from bootstrap.shell import Shell
from bootstrap.stamps import Stamps

Action = Callable[[], None]


class Bench:
    """A set-up of made-up steps in a temporary folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.taken: list[str] = []
        self.printed = io.StringIO()

    def step(
        self,
        name: str,
        *,
        key: str = "key",
        action: Action | None = None,
        command: list[str] | None = None,
        leftovers: tuple[Path, ...] = (),
        alongside: bool = False,
        after: tuple[str, ...] = (),
    ) -> Step:
        def run(shell: Shell, _: Say) -> None:
            self.taken.append(name)
            if action is not None:
                action()
            if command is not None:
                shell.run(command)

        return Step(name, f"step {name}", key, run, leftovers, alongside, after)

    def take(self, *plan: Step) -> None:
        stamps = Stamps(self.folder / "stamps")
        Setup(stamps, self.folder / "logs", Display(self.printed), {}).take(plan)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def _interrupt() -> None:
    raise KeyboardInterrupt


def test_take_prints_one_line_a_step_with_its_seconds(bench: Bench) -> None:
    bench.take(bench.step("a"), bench.step("b"))

    first, second = bench.printed.getvalue().splitlines()
    assert first.startswith("[1/2] step a ...")
    assert first.endswith("... 0 s")
    assert second.startswith("[2/2] step b ...")
    assert len(first) == len(second)


def test_take_skips_what_is_done_and_repeats_what_changed(bench: Bench) -> None:
    bench.take(bench.step("a"), bench.step("b"))
    bench.take(bench.step("a"), bench.step("b", key="changed"))

    assert bench.taken == ["a", "b", "b"]


def test_take_stops_at_a_failure_with_the_last_lines_and_the_log(bench: Bench) -> None:
    program = "[print(f'line {i}') for i in range(40)]; raise SystemExit(3)"
    failing = bench.step("b", command=[sys.executable, "-S", "-c", program])

    with pytest.raises(SetupError) as caught:
        bench.take(bench.step("a"), failing, bench.step("c"))

    assert bench.taken == ["a", "b"]
    message = str(caught.value)
    assert "line 39\n" in message
    assert "line 0\n" not in message
    assert f"exit code 3); its whole output is in {bench.folder / 'logs' / 'b.log'}" in message
    assert "line 0\n" in (bench.folder / "logs" / "b.log").read_text()
    assert "failed after 0 s" in bench.printed.getvalue()


def test_take_after_a_failure_builds_on_what_it_left(bench: Bench) -> None:
    objects = bench.folder / "objects"

    def fail() -> None:
        objects.mkdir()
        raise ValueError("does not compile")

    with pytest.raises(SetupError, match="does not compile"):
        bench.take(bench.step("a", action=fail, leftovers=(objects,)))
    bench.take(bench.step("a", leftovers=(objects,)))

    assert bench.taken == ["a", "a"]
    assert objects.is_dir()


def test_take_after_an_interrupt_removes_what_it_left(bench: Bench) -> None:
    objects = bench.folder / "objects"
    objects.mkdir()

    with pytest.raises(KeyboardInterrupt):
        bench.take(bench.step("a", action=_interrupt, leftovers=(objects,)), bench.step("b"))
    assert objects.is_dir()
    bench.take(bench.step("a", leftovers=(objects,)), bench.step("b"))

    assert bench.taken == ["a", "a", "b"]
    assert not objects.exists()


def test_take_lets_a_step_run_alongside_and_waits_for_it(bench: Bench) -> None:
    later_has_run = threading.Event()

    def wait() -> None:
        if not later_has_run.wait(20):
            raise ValueError("the step after it never ran")

    bench.take(
        bench.step("long", action=wait, alongside=True),
        bench.step("later", action=later_has_run.set),
    )

    assert sorted(bench.taken) == ["later", "long"]
    assert Stamps(bench.folder / "stamps").is_done("long", "key")


def test_take_waits_where_a_step_says_after_which(bench: Bench) -> None:
    compiled = bench.folder / "compiled"

    def check() -> None:
        if not compiled.exists():
            raise ValueError("begun before it was compiled")

    compile_slowly = ["sh", "-c", f"sleep 0.3; touch {compiled}"]
    bench.take(
        bench.step("compile", command=compile_slowly, alongside=True),
        bench.step("install", action=check, after=("compile",)),
    )

    assert bench.taken == ["compile", "install"]


def test_take_begins_nothing_after_what_it_waits_for_failed(bench: Bench) -> None:
    with pytest.raises(SetupError, match="step compile"):
        bench.take(
            bench.step("compile", command=["false"], alongside=True),
            bench.step("install", after=("compile",)),
        )

    assert bench.taken == ["compile"]


def test_take_reports_a_step_that_failed_alongside(bench: Bench) -> None:
    failing = bench.step("a", command=["false"], alongside=True)

    with pytest.raises(SetupError, match="step a"):
        bench.take(failing, bench.step("b"))


@pytest.mark.timeout(30)
def test_take_when_interrupted_ends_what_runs_alongside(bench: Bench) -> None:
    begun = threading.Event()
    nap = bench.step("nap", action=begun.set, command=["sleep", "60"], alongside=True)

    def interrupt() -> None:
        begun.wait(10)
        _interrupt()

    with pytest.raises(KeyboardInterrupt):
        bench.take(nap, bench.step("b", action=interrupt))

    assert Stamps(bench.folder / "stamps").was_interrupted("nap")


def test_display_on_a_terminal_shows_what_is_under_way() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    display = Display(terminal)

    display.begin("[1/2] a")
    display.begin("[2/2] b")
    display.end("[1/2] a", "3 s")

    assert terminal.getvalue().endswith(" 3 s\n\r\x1b[K[2/2] b")
