"""The HTTP endpoints."""

import logging
from logging.config import dictConfig

from fastapi import BackgroundTasks, FastAPI

from tickets.log import LOGGING
from tickets.support import sort_ticket

dictConfig(LOGGING)
logger = logging.getLogger(__name__)

app = FastAPI()


@app.post("/tickets", status_code=202)
async def open_ticket(subject: str, tasks: BackgroundTasks) -> dict[str, str]:
    """Opens a ticket, and looks at it after the response."""
    logger.info("opened %r", subject)
    tasks.add_task(sort_ticket, subject)
    return {"subject": subject}
