"""Views of a small Django project, which say what is current."""

import asyncio
import logging
import threading
from functools import partial
from io import BytesIO

from django.http import FileResponse, Http404, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET
from rest_framework.decorators import api_view
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from penstock import bound, current_flow_id, current_run, entrypoint, flow, step

logger = logging.getLogger("views")


def say(request):
    run = current_run()
    return JsonResponse({"id": run.flow_id, "values": dict(run.values), "parent": str(run.parent)})


def log(request):
    run = current_run()
    logger.warning("seen in %s with %s", run.flow_id, dict(run.values))
    return HttpResponse()


async def say_later(request):
    await asyncio.sleep(0)
    return say(request)


@flow("requests")
@step(after=["declared", "declared_later"])
def inner():
    run = current_run()
    return JsonResponse({"flow": run.flow, "id": run.flow_id, "outer": run.parent.flow_id})


@flow("requests")
@entrypoint
def declared(request, number: int):
    """Returns what it runs in."""
    return inner()


@flow("requests")
@entrypoint
async def declared_later(request):
    return inner()


@method_decorator(require_GET, name="dispatch")
class Declared(View):
    @flow("requests")
    @entrypoint(name="declared_class")
    def get(self, request):
        return inner()


class DecoratedMethod(View):
    @method_decorator(require_GET)
    @flow("requests")
    @entrypoint(name="decorated_method")
    def get(self, request):
        return inner()

    post = get


@flow("requests")
@entrypoint(name="declared_exempt")
@csrf_exempt
def exempt(request):
    return inner()


def body():
    try:
        for _ in range(3):
            yield f"{current_flow_id()}\n"
    finally:
        logger.info("closed in %s", current_flow_id())


async def body_later():
    try:
        for _ in range(3):
            await asyncio.sleep(0)
            yield f"{current_flow_id()}\n"
    finally:
        logger.info("closed in %s", current_flow_id())


def stream(request):
    return StreamingHttpResponse(body())


async def stream_later(request):
    return StreamingHttpResponse(body_later())


def endless():
    try:
        while True:
            yield "x" * 65536
    finally:
        logger.warning("left in %s", current_flow_id())


async def endless_later():
    try:
        while True:
            await asyncio.sleep(0)
            yield "x" * 65536
    finally:
        logger.warning("left in %s", current_flow_id())


def stream_endless(request):
    return StreamingHttpResponse(endless())


async def stream_endless_later(request):
    return StreamingHttpResponse(endless_later())


def file(request):
    return FileResponse(BytesIO(b"stored"))


def fail(request):
    logger.info("failing in %s", current_flow_id())
    raise LookupError


async def fail_later(request):
    return fail(request)


def nothing(request):
    raise Http404


def forbidden(request):
    return HttpResponse(status=403)


def own(request):
    return HttpResponse(headers={"X-Request-ID": "my-own"})


def in_thread(request):
    found = []
    thread = threading.Thread(target=bound(lambda: found.append(current_flow_id())))
    thread.start()
    thread.join()
    return HttpResponse(found[0])


def error_page(request, **_):
    return HttpResponse(f"error in {current_flow_id()}", status=500)


handler500 = error_page
handler404 = partial(error_page)


@api_view(["GET", "POST"])
@flow("requests")
@entrypoint(name="declared_rest")
def rest(request):
    """Says what is current, and what came."""
    return Response({"id": current_flow_id(), "data": request.data})


class RestView(APIView):
    @flow("requests")
    @entrypoint(name="declared_rest_class")
    def post(self, request):
        """Posts."""
        return Response({"id": current_flow_id(), "data": request.data})


class RestSet(ViewSet):
    @flow("requests")
    @entrypoint(name="declared_set")
    def list(self, request):
        """Lists."""
        return Response({"id": current_flow_id(), "data": None})


router = SimpleRouter()
router.register("rest-set", RestSet, basename="set")

urlpatterns = [
    *router.urls,
    path("rest", rest),
    path("rest-class", RestView.as_view()),
    path("say", say),
    path("say-later", say_later),
    path("log", log),
    path("declared/<int:number>", declared),
    path("declared-later", declared_later),
    path("declared-class", Declared.as_view()),
    path("decorated-method", DecoratedMethod.as_view()),
    path("exempt", exempt),
    path("stream", stream),
    path("stream-later", stream_later),
    path("endless", stream_endless),
    path("endless-later", stream_endless_later),
    path("file", file),
    path("fail", fail),
    path("fail-later", fail_later),
    path("nothing", nothing),
    path("forbidden", forbidden),
    path("own", own),
    path("in-thread", in_thread),
]
