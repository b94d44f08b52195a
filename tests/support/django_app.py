"""The application of the small Django project, which servers load."""

from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application

from penstock.contrib.asgi import FlowMiddleware

wsgi = get_wsgi_application()
asgi = get_asgi_application()
wrapped = FlowMiddleware(asgi)
