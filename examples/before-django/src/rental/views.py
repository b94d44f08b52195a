"""The HTTP endpoints."""

import json
import logging

from django.http import JsonResponse

from rental.tasks import prepare

logger = logging.getLogger(__name__)


def reserve(request):
    """Reserves a bicycle, and has it prepared."""
    bicycle = json.loads(request.body)["bicycle"]
    logger.info("bicycle %s is reserved", bicycle)
    prepare.delay(bicycle)
    return JsonResponse({"bicycle": bicycle}, status=202)
