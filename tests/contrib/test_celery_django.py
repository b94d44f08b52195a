"""Tasks of Celery that Django sends when its transaction is over."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.usefixtures("_unmeasured")

CODE = """
import django
from django.conf import settings

settings.configure(DATABASES={"default": {
    "ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"
}})
django.setup()

from celery import Celery
from django.db import transaction

from penstock import bind, current_flow_id
from penstock.contrib.celery import flow_task

app = Celery("shop", broker="memory://", task_cls="celery.contrib.django.task:DjangoTask")
app.conf.task_always_eager = True
seen = []


@flow_task(app=app)
def work():
    seen.append(current_flow_id())


with bind("order-7"):
    with transaction.atomic():
        work.delay_on_commit()
        transaction.on_commit(work.delay)
        transaction.on_commit(lambda: seen.append("committed"))
        assert seen == []
print(*seen)
"""


def test_on_commit():
    """A task that is sent at the end of a transaction has the ID of the transaction's run."""
    ran = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)

    assert ran.stdout == "order-7 order-7 committed\n"
