# SPDX-License-Identifier: Apache-2.0
"""Work from other threads is done by the one that flies, and answered where it was asked."""

import threading

import pytest

from martlet_nodes.hand_over import HandOver


class Flying:
    """A thread that does what it is handed while the test asks."""

    def __init__(self):
        self.bell = threading.Event()
        self.names = []
        self.hand_over = HandOver(lambda _: self)
        self.ended = False
        self.thread = threading.Thread(target=self._run, name="flying")
        self.thread.start()

    def trigger(self):
        self.bell.set()

    def _run(self):
        while not self.ended:
            self.bell.wait(5.0)
            self.bell.clear()
            self.hand_over.work()

    def name(self):
        self.names.append(threading.current_thread().name)
        return len(self.names)


@pytest.fixture
def flying():
    one = Flying()
    yield one
    one.ended = True
    one.trigger()
    one.thread.join()


def test_what_is_asked_is_done_in_order_on_the_flying_thread(flying):
    for _ in range(3):
        flying.hand_over.post(flying.name)
    assert flying.hand_over.ask(flying.name, 5.0) == 4
    assert flying.names == ["flying"] * 4


def test_whoever_asks_hears_what_went_wrong(flying):
    with pytest.raises(ZeroDivisionError):
        flying.hand_over.ask(lambda: 1 / 0, 5.0)
    assert flying.hand_over.ask(flying.name, 5.0) == 1


def test_nobody_waits_for_ever():
    class Silent:
        def trigger(self):
            pass

    with pytest.raises(TimeoutError):
        HandOver(lambda _: Silent()).ask(lambda: 1, 0.01)
