"""Django REST Framework reads from declared views what it reads from bare ones."""

import pytest
from django.test import Client
from django.urls import path

from penstock import entrypoint, flow

pytestmark = pytest.mark.usefixtures("django_project")


def undeclared(function):
    return function


def declared(function):
    return flow("rest")(entrypoint(function))


def build(declare):
    """Return addresses whose views *declare* had: a function, a class, and a set."""
    from rest_framework import serializers
    from rest_framework.decorators import action, api_view
    from rest_framework.response import Response
    from rest_framework.routers import SimpleRouter
    from rest_framework.views import APIView
    from rest_framework.viewsets import ViewSet

    class Part(serializers.Serializer):
        number = serializers.IntegerField()

    @api_view(["POST"])
    @declare
    def accept(request):
        """Accepts a part."""
        return Response()

    class Stock(APIView):
        """The things that are there."""

        def get_serializer(self, *args, **kwargs):
            return Part(*args, **kwargs)

        @declare
        def put(self, request, sku):
            """Counts again."""
            return Response()

    class Orders(ViewSet):
        @declare
        def list(self, request):
            """Lists orders."""
            return Response()

        @action(detail=True, methods=["post"])
        @declare
        def cancel(self, request, pk):
            """Cancels one."""
            return Response()

    router = SimpleRouter()
    router.register("orders", Orders, basename="orders")
    return [path("accept", accept), path("stock/<str:sku>", Stock.as_view()), *router.urls]


def schema(patterns):
    """Return the OpenAPI document of the addresses."""
    from rest_framework.schemas.openapi import SchemaGenerator

    return SchemaGenerator(title="Shop", patterns=patterns).get_schema()


def test_schema():
    """The OpenAPI document is the same with and without penstock."""
    found = schema(build(declared))

    assert found == schema(build(undeclared))
    assert sorted(found["paths"]) == ["/accept", "/orders/", "/orders/{id}/cancel/", "/stock/{sku}"]
    assert found["paths"]["/orders/{id}/cancel/"]["post"]["description"] == "Cancels one."
    assert found["paths"]["/stock/{sku}"]["put"]["requestBody"]["content"]


def test_set_of_views():
    """A method of a set of views is part of the request's operation."""
    response = Client().get("/rest-set/")

    assert response.json() == {"id": response.headers["X-Request-ID"], "data": None}
