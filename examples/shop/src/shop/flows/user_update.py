"""Changes of a user's profile, from two sides."""

import logging

from penstock import entrypoint, flow, step
from shop import services

logger = logging.getLogger(__name__)

user_update = flow(
    "user_update",
    title="User update",
    description="A user's profile changes, by the user or by an administrator.",
    owner="Accounts team",
)


@user_update
@entrypoint(kind="http")
def handle_api_request(request: dict[str, str]) -> None:
    """User updates via REST API.

    Args:
        request: The new values by their field's name, and the user's ``id``.
    """
    logger.info("user %s changes the own profile", request["id"])
    process_user_update(request)


@user_update
@entrypoint
def handle_admin_action(action: dict[str, str]) -> None:
    """Admin updates via internal tool.

    Args:
        action: As for a request of the user's own.
    """
    logger.info("an admin changes user %s", action["id"])
    process_user_update(action)


@user_update
@step(after=["handle_api_request", "handle_admin_action"], kind="database")
def process_user_update(data: dict[str, str]) -> None:
    """Common processing for user updates.

    Args:
        data: The new values by their field's name, and the user's ``id``.
    """
    services.db.save_user(data["id"], data["email"].strip().lower())
    logger.info("user %s is up to date", data["id"])
