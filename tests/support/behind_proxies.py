"""Applications that adopt IDs from proxies, for servers to run."""

import os

from penstock import current_flow_id
from penstock.boundary import Secret
from penstock.contrib.asgi import FlowMiddleware
from penstock.contrib.wsgi import FlowMiddleware as WsgiFlowMiddleware

if os.environ["SHOP_TRUST"] == "secret":
    trust = Secret("X-Proxy-Secret", env="SHOP_PROXY_SECRET")
else:
    trust = [os.environ["SHOP_TRUST"]]


async def shop(scope, receive, send):
    """Respond with the flow ID."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": current_flow_id().encode()})


def wsgi_shop(environ, start_response):
    """Respond with the flow ID."""
    start_response("200 OK", [])
    return [current_flow_id().encode()]


asgi = FlowMiddleware(shop, trust=trust, real_peer=True)
wsgi = WsgiFlowMiddleware(wsgi_shop, trust=trust)
