"""Log records with the standard library's `logging`."""

import contextvars
import io
import json
import logging
import logging.config
import pickle
import queue
import sys
import threading
from logging.handlers import MemoryHandler, QueueHandler, QueueListener, SocketHandler
from types import SimpleNamespace

import pytest
from pythonjsonlogger.json import JsonFormatter

from penstock import annotate, bind, current_flow_id, entrypoint, flow, step
from penstock.contrib.logging import FlowFilter, FlowFormatter, install, uninstall
from penstock.exceptions import ConfigurationError

FORMAT = "%(flow_id)s %(flow)s %(step)s %(message)s"

pytestmark = pytest.mark.usefixtures("penstock_registry", "_restored")


@pytest.fixture
def _restored():
    """Leave the root logger and the record factory as they were."""
    root, factory = logging.getLogger(), logging.getLogRecordFactory()
    handlers, level, children = root.handlers[:], root.level, dict(root.manager.loggerDict)
    yield
    root.handlers[:], root.level = handlers, level
    root.manager.loggerDict.clear()
    root.manager.loggerDict.update(children)
    logging.setLogRecordFactory(factory)


class Log:
    """The root logger's only handler, and what it wrote."""

    def __init__(self, *filters, formatter=None):
        self.stream = io.StringIO()
        self.handler = logging.StreamHandler(self.stream)
        self.handler.setFormatter(formatter or logging.Formatter(FORMAT))
        for each in filters:
            self.handler.addFilter(each)
        root = logging.getLogger()
        root.handlers[:] = [self.handler]
        root.setLevel(logging.INFO)

    @property
    def lines(self):
        return self.stream.getvalue().splitlines()


def place_order():
    """Log from an entrypoint and from a step, and once more outside."""
    orders = flow("orders")
    logger = logging.getLogger("shop.orders")

    @orders
    @step(after="receive")
    def charge():
        logger.info("charged")

    @orders
    @entrypoint
    def receive():
        annotate(tenant="north")
        logger.info("received")
        charge()

    receive()
    logger.info("outside")


class TestFlowFilter:
    """The filter for handlers."""

    def test_run_and_step(self):
        """Records of any logger say the ID, the flow and the running step."""
        log = Log(FlowFilter())

        with bind("order-7"):
            place_order()

        assert log.lines == [
            "order-7 orders receive received",
            "order-7 orders charge charged",
            "order-7 - - outside",
        ]

    def test_nothing_current(self):
        """Outside a run nothing is dropped and nothing is missing."""
        log = Log(FlowFilter())

        logging.info("from %s", "the root")

        assert log.lines == ["- - - from the root"]

    def test_closed_elsewhere(self):
        """A block that was closed in another context is not in lines that are logged in its own."""
        log, inside, block = Log(FlowFilter()), contextvars.copy_context(), bind("order-7")
        inside.run(block.__enter__)
        inside.run(logging.info, "within")
        with pytest.warns(RuntimeWarning, match=r"bind\(\)"):
            block.__exit__()
        inside.run(logging.info, "after")

        assert log.lines == ["order-7 - - within", "- - - after"]

    def test_without_steps(self):
        """The search for the step can be left out."""
        log = Log(FlowFilter(step=False))

        with bind("order-7"):
            place_order()

        assert log.lines[0] == "order-7 orders - received"

    def test_patched_logger(self, monkeypatch):
        """The step is found where a package has put itself between the frames of `logging`."""
        log = Log(FlowFilter())
        handle = logging.Logger.callHandlers
        monkeypatch.setattr(logging.Logger, "callHandlers", lambda *args: handle(*args))

        place_order()

        assert [line.split()[2] for line in log.lines] == ["receive", "charge", "-"]

    def test_called_from_the_first_frames(self, monkeypatch):
        """A filter that has hardly a caller looks at the one that it has."""

        def shallow(depth):
            if depth > 3:
                raise ValueError
            return sys._getframe(depth + 1)

        monkeypatch.setattr("penstock.contrib.logging.sys", SimpleNamespace(_getframe=shallow))
        record = logging.makeLogRecord({})

        FlowFilter().filter(record)

        assert record.step == "-"

    def test_called_by_hand(self):
        """A record can be given to the filter from anywhere."""

        @flow("orders")
        @step
        def charge(record):
            return FlowFilter().filter(record)

        record, charged = logging.makeLogRecord({}), logging.makeLogRecord({})

        thread = threading.Thread(target=FlowFilter().filter, args=(record,))
        thread.start()
        thread.join()
        charge(charged)

        assert [record.step, charged.step] == ["-", "charge"]

    def test_annotated_values(self):
        """Annotated values are fields, also for a formatter of JSON."""
        log = Log(FlowFilter(default=None), formatter=JsonFormatter(FORMAT + " %(tenant)s"))

        place_order()

        received, charged, outside = map(json.loads, log.lines)
        assert [received["tenant"], charged["tenant"]] == ["north", "north"]
        assert outside == {
            "flow_id": None,
            "flow": None,
            "step": None,
            "message": "outside",
            "tenant": None,
        }

    def test_the_record_counts(self):
        """Fields of a record are kept: `extra` overrides annotations, and no value the message."""
        log = Log(FlowFilter(), formatter=logging.Formatter(FORMAT + " %(order)s %(name)s"))

        with bind("order-7"):
            annotate(order=7, message="lost", name="lost", args=(1,), flow="lost")
            logging.info("kept %s", "so", extra={"order": 8, "step": "mine"})

        assert log.lines == ["order-7 - mine kept so 8 root"]

    def test_behind_a_queue(self):
        """The filter on a queue's handler sees the run; the listener's thread has none."""
        log = Log(FlowFilter())
        waiting = queue.SimpleQueue()
        sending = QueueHandler(waiting)
        sending.addFilter(FlowFilter())
        logging.getLogger().handlers[:] = [sending]
        listener = QueueListener(waiting, log.handler)
        listener.start()

        with bind("order-7"):
            place_order()
        listener.stop()

        assert log.lines[1] == "order-7 orders charge charged"

    def test_in_a_buffer(self):
        """A record that is written within another run still says its own."""
        log = Log(FlowFilter())
        buffer = MemoryHandler(10, target=log.handler)
        buffer.addFilter(FlowFilter())
        logging.getLogger().handlers[:] = [buffer]

        with bind("first"):
            logging.info("one")
        with bind("second"):
            buffer.flush()

        assert log.lines == ["first - - one"]
        buffer.close()

    def test_two_handlers(self):
        """Each of two handlers with a filter writes the same."""
        log, again = Log(FlowFilter()), io.StringIO()
        second = logging.StreamHandler(again)
        second.setFormatter(logging.Formatter(FORMAT))
        second.addFilter(FlowFilter(default="none"))
        logging.getLogger().addHandler(second)

        place_order()

        assert again.getvalue().splitlines() == log.lines


class TestFlowFormatter:
    """The formatter that misses nothing."""

    @pytest.mark.parametrize(
        ("style", "fmt"),
        [
            ("%", FORMAT),
            ("{", "{flow_id} {flow} {step} {message}"),
            ("$", "$flow_id $flow $step $message"),
        ],
    )
    def test_styles(self, style, fmt):
        """In every style the fields have a default where no filter gave them."""
        log = Log(formatter=FlowFormatter(fmt, style=style))

        with bind("order-7"):
            logging.info("no filter")

        assert log.lines == ["- - - no filter"]

    @pytest.mark.parametrize("style", ["%", "{", "$"])
    def test_its_own_format(self, style):
        """Without a format a line has what one looks for."""
        log = Log(FlowFilter(), formatter=FlowFormatter(style=style))

        with bind("order-7"):
            logging.getLogger("shop").warning("late")

        assert log.lines[0].endswith(" WARNING order-7 - shop: late")

    def test_defaults(self):
        """Other fields, and the default of the three, can be chosen."""
        formatter = FlowFormatter(FORMAT + " %(tenant)s", defaults={"tenant": "?"}, default="none")
        log = Log(formatter=formatter)

        logging.info("hello")

        assert log.lines == ["none none none hello ?"]

    def test_unknown_style(self):
        """A wrong style is refused by `logging`."""
        with pytest.raises(ValueError, match="Style must be one of"):
            FlowFormatter(style="!")

    @pytest.mark.parametrize("key", ["()", "class"])
    def test_dictionary(self, key, capsys):
        """A `dictConfig`, as in Django's settings, needs names only."""
        logging.config.dictConfig(
            {
                "version": 1,
                "disable_existing_loggers": False,
                "filters": {"flow": {"()": "penstock.contrib.logging.FlowFilter", "step": False}},
                "formatters": {
                    "line": {
                        key: "penstock.contrib.logging.FlowFormatter",
                        "format": "{flow_id} {step} {message}",
                        "style": "{",
                    }
                },
                "handlers": {
                    "console": {
                        "class": "logging.StreamHandler",
                        "filters": ["flow"],
                        "formatter": "line",
                    }
                },
                "root": {"handlers": ["console"], "level": "INFO"},
            }
        )

        with bind("order-7"):
            logging.info("configured")

        assert capsys.readouterr().err == "order-7 - configured\n"


class TestInstall:
    """Records that have their fields from their creation on."""

    def test_foreign_handlers(self):
        """Handlers without a filter have the field."""
        log = Log(formatter=logging.Formatter("%(flow_id)s %(message)s"))
        install()

        with bind("order-7"):
            place_order()
        logging.info("outside")

        assert log.lines == [
            "order-7 received",
            "order-7 charged",
            "order-7 outside",
            "- outside",
        ]

    def test_fields(self):
        """The flow and the step can be among them; a later call replaces an earlier one."""
        log = Log()
        install()
        install(flow=True, step=True, default="none")

        with bind("order-7"):
            place_order()
        logging.info("outside")

        assert log.lines[1:] == [
            "order-7 orders charge charged",
            "order-7 none none outside",
            "none none none outside",
        ]
        uninstall()
        assert logging.getLogRecordFactory() is logging.LogRecord

    def test_behind_a_queue(self):
        """A filter on the listener's side leaves what was current at the creation."""
        log = Log(FlowFilter())
        waiting = queue.SimpleQueue()
        logging.getLogger().handlers[:] = [QueueHandler(waiting)]
        listener = QueueListener(waiting, log.handler)
        install(flow=True, step=True)
        listener.start()

        with bind("order-7"):
            place_order()
        listener.stop()

        assert log.lines[1] == "order-7 orders charge charged"

    @pytest.mark.parametrize("more", [False, True])
    def test_records_of_another_process(self, more):
        """A record that was sent here does not take the receiver's ID."""
        record = logging.LogRecord("shop", logging.INFO, "shop.py", 1, "sent", (), None)
        sent = SocketHandler("localhost", 0).makePickle(record)[4:]
        install(flow=more, step=more)

        with bind("receiver"):
            received = logging.makeLogRecord(pickle.loads(sent))
            marked = logging.makeLogRecord({"flow_id": "sender"})

        assert (received.flow_id, marked.flow_id) == ("-", "sender")

    def test_extra(self):
        """Annotations never clash with `extra`; the field itself does, as the docs say."""
        log = Log(formatter=logging.Formatter("%(flow_id)s %(order)s %(message)s"))
        install()

        with bind("order-7"):
            annotate(order=7)
            logging.info("hello", extra={"order": 8})
            with pytest.raises(KeyError, match="flow_id"):
                logging.info("hello", extra={"flow_id": current_flow_id()})

        assert log.lines == ["order-7 8 hello"]

    def test_under_another_factory(self):
        """If another factory was put around ours, both stay."""
        install()
        ours = logging.getLogRecordFactory()

        def theirs(*args, **kwargs):
            record = ours(*args, **kwargs)
            record.host = "alpha"
            return record

        logging.setLogRecordFactory(theirs)
        uninstall()
        log = Log(formatter=logging.Formatter("%(host)s %(flow_id)s %(message)s"))
        with bind("order-7"):
            logging.info("hello")

        assert log.lines == ["alpha order-7 hello"]


def test_threads():
    """Each line of threads that run at once has the ID of its thread's run."""
    log = Log(FlowFilter(), formatter=logging.Formatter("%(flow_id)s %(message)s"))
    ready = threading.Barrier(8)

    def work(number):
        with bind(f"order-{number}"):
            ready.wait()
            for _ in range(50):
                logging.info("order-%s", number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(log.lines) == 400
    assert all(len(set(line.split())) == 1 for line in log.lines)


class TestOneLine:
    """Fields in which somebody may hide a line break."""

    FORGED = "a\nFAKE \x1b[31m\u2028\u202e ö"

    @pytest.mark.parametrize(
        ("style", "fmt"),
        [
            ("%", "%(flow_id)s %(flow)s %(step)s %(tenant)s|%(message)s"),
            ("{", "{flow_id} {flow} {step} {tenant}|{message}"),
            ("$", "$flow_id ${flow} $step $tenant|$message"),
        ],
    )
    def test_fields(self, style, fmt):
        """They are escaped in every field, whatever set it; the message is left as it is."""
        log = Log(FlowFilter(), formatter=FlowFormatter(fmt, style=style))
        escaped = r"a\nFAKE \x1b[31m\u2028\u202e ö"

        with bind("order-7"):
            annotate(tenant=[self.FORGED], order=7)
            logging.info("two\nlines", extra={"step": self.FORGED, "flow": self.FORGED})
            annotate(tenant=Forged(self.FORGED))
            logging.info("one", extra={"step": None})

        first = f"order-7 {escaped} {escaped} {[self.FORGED]}|two\nlines\n"
        second = f"order-7 - None {escaped}|one\n"
        assert log.stream.getvalue() == first + second

    @pytest.mark.parametrize("style", ["%", "{", "$"])
    def test_value_without_a_text(self, style):
        """A value that raises when it is written does not lose the line."""
        fmt = {"%": "%(tenant)s|%(message)s", "{": "{tenant}|{message}", "$": "$tenant|$message"}
        log = Log(FlowFilter(), formatter=FlowFormatter(fmt[style], style=style))

        with bind("order-7"):
            annotate(tenant=Forged(None))
            logging.info("one")

        assert log.lines == ["<unprintable Forged>|one"]

    def test_record_stays(self):
        """Other handlers write the value itself."""
        record = logging.makeLogRecord({"tenant": self.FORGED, "number": 1.5})

        FlowFormatter("%(tenant)s %(number)s").format(record)

        assert record.tenant == self.FORGED

    @pytest.mark.parametrize("style", ["%", "{", "$"])
    def test_default_format(self, style):
        """The format that is there without one is written in one line, too."""
        record = logging.makeLogRecord({"step": self.FORGED})

        assert len(FlowFormatter(style=style).format(record).splitlines()) == 1


class Forged:
    """Something whose text has a line break."""

    def __init__(self, text):
        self.text = text

    def __str__(self):
        return self.text


class TestShortIds:
    """`id_length`: the end of the ID."""

    def test_filter(self):
        """All that the handler writes has the short one."""
        log = Log(FlowFilter(id_length=3))

        with bind("order-7"):
            logging.info("hello")
        logging.info("outside")

        assert log.lines == ["r-7 - - hello", "- - - outside"]

    def test_formatter(self):
        """The record keeps the whole one."""
        record = logging.makeLogRecord({"flow_id": "order-7", "flow": "-", "step": "-"})

        assert FlowFormatter("%(flow_id)s", id_length=3).format(record) == "r-7"
        assert FlowFormatter("%(flow_id)s", id_length=3).format(logging.makeLogRecord({})) == "-"
        assert record.flow_id == "order-7"

    def test_factory(self):
        """Records have the short one from their creation on."""
        install(id_length=3)
        try:
            with bind("order-7"):
                record = logging.getLogger().makeRecord("a", 20, "a.py", 1, "a", (), None)
        finally:
            uninstall()

        assert record.flow_id == "r-7"

    @pytest.mark.parametrize("length", [0, -1, "8", True, 1.5], ids=repr)
    @pytest.mark.parametrize("made", [FlowFilter, FlowFormatter, install], ids=lambda m: m.__name__)
    def test_refused(self, made, length):
        """An invalid number of characters is refused."""
        with pytest.raises(ConfigurationError, match=f"logging.{made.__name__}: id_length must be"):
            made(id_length=length)
