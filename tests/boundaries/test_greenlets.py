"""gevent and eventlet: a greenlet is to a run what a thread is."""

import subprocess
import sys
import textwrap

import pytest

GEVENT = """
    from gevent import monkey
    monkey.patch_all()
    import gevent
    from gevent.pool import Pool

    sleep = gevent.sleep
    def result(work, *args): return gevent.spawn(work, *args)
    def wait(greenlet): return greenlet.get()
    def pooled(work): return Pool(2).map(work, [1])[0]
"""

EVENTLET = """
    import warnings
    warnings.simplefilter("ignore")
    import eventlet
    eventlet.monkey_patch()

    sleep = eventlet.sleep
    result = eventlet.spawn
    def wait(greenlet): return greenlet.wait()
    def pooled(work): return list(eventlet.GreenPool(2).imap(work, [1]))[0]
"""

CHECKS = """
    import threading
    from concurrent.futures import ThreadPoolExecutor
    from penstock import bind, bound, current_flow_id, entrypoint
    from penstock.executors import ThreadPoolExecutor as CarryingExecutor

    @entrypoint
    def handle(number):
        before = current_flow_id()
        sleep(0.001 * (number % 3))
        return before, current_flow_id()

    # Greenlets that take turns are apart, and leave nothing behind.
    found = [wait(greenlet) for greenlet in [result(handle, number) for number in range(20)]]
    assert all(before == after for before, after in found), found
    assert len({before for before, _ in found}) == 20
    assert current_flow_id() is None

    def in_thread(work):
        seen = []
        thread = threading.Thread(target=lambda: seen.append(work()))
        thread.start()
        thread.join()
        return seen[0]

    with bind("order-7"):
        # A greenlet begins without a run, and so does a thread that is one.
        assert wait(result(current_flow_id)) is None
        assert pooled(lambda _: current_flow_id()) is None
        assert in_thread(current_flow_id) is None
        # What is bound carries it.
        assert wait(result(bound(current_flow_id))) == "order-7"
        assert pooled(bound(lambda _: current_flow_id())) == "order-7"
        assert in_thread(bound(current_flow_id)) == "order-7"
        with CarryingExecutor(1) as pool:
            assert pool.submit(current_flow_id).result() == "order-7"

        # It stays so while others bind something else.
        def ask_twice():
            first = current_flow_id()
            sleep(0.02)
            return first, current_flow_id()

        greenlet = result(bound(ask_twice))
        sleep(0.001)
        with bind("other"):
            sleep(0.03)
        assert wait(greenlet) == ("order-7", "order-7")
    print("done")
"""


@pytest.mark.parametrize("library", [GEVENT, EVENTLET], ids=["gevent", "eventlet"])
def test_greenlets(library, recording, tmp_path):
    """Runs are kept apart, and carried where they are bound."""
    exporter = "from penstock import tracing; tracing.configure(tracing.InMemoryExporter())\n"
    # Patching comes first, as both libraries ask for.
    script = textwrap.dedent(library) + exporter * bool(recording) + textwrap.dedent(CHECKS)
    done = subprocess.run(
        [sys.executable, "-c", script],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
    )

    assert (done.stdout, done.stderr) == ("done\n", "")
