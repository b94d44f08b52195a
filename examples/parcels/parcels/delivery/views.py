"""The HTTP endpoints."""

import json
import logging

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404

from parcels.delivery.flow import delivery
from parcels.delivery.models import Parcel
from parcels.delivery.tasks import book_courier
from penstock import current_flow_id, entrypoint, step

logger = logging.getLogger(__name__)


@delivery
@entrypoint(kind="http", title="Accept a parcel")
def accept_parcel(request: HttpRequest) -> HttpResponse:
    """Accepts a parcel, and responds before it is on its way.

    Args:
        request: A POST with the address as JSON.

    Returns:
        202 with the parcel's number, or 400 if there is no address.
    """
    address = json.loads(request.body or b"{}").get("address")
    if not address:
        logger.warning("refused: no address")
        return JsonResponse({"error": "a parcel needs an address"}, status=400)
    parcel = store_parcel(address)
    return JsonResponse({"parcel": parcel.pk}, status=202)


@delivery
@step(after="accept_parcel", kind="database", title="Store the parcel")
def store_parcel(address: str) -> Parcel:
    """Stores the parcel, and sends it on when that is certain.

    Args:
        address: Where the parcel goes.

    Returns:
        The parcel with its number.
    """
    with transaction.atomic():
        parcel = Parcel.objects.create(address=address, flow_id=current_flow_id())
        # A worker would not find a parcel that is not committed yet.
        transaction.on_commit(lambda: book_courier.delay(parcel.pk))
    logger.info("parcel %s is stored", parcel.pk)
    return parcel


def show_parcel(request: HttpRequest, number: int) -> HttpResponse:
    """Say what became of a parcel."""
    parcel = get_object_or_404(Parcel, pk=number)
    return JsonResponse({"courier": parcel.courier, "operation": parcel.flow_id})
