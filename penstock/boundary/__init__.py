"""The building blocks of adapters: the settings of a boundary, and current runs.

Every module of `penstock.contrib` takes the settings of `Inbound` or `Outbound`
and makes a run current with `active`. To write your own
adapter, see :doc:`/how-to/write-an-integration`.
"""

from penstock._common.callables import check_plain_function
from penstock._declared.channels import Channels
from penstock._declared.predecessors import After
from penstock._decorators.tasks import TaskSettings, declare_task, split_task_settings
from penstock._runtime.active_exporters import flush as flush_spans
from penstock._runtime.bypassed import Endpoints
from penstock._runtime.control_flow import declare_control_flow
from penstock._runtime.failure_records import record_failure
from penstock._runtime.headers import HEADER
from penstock._runtime.ids import is_flow_id, is_trace_id, make_flow_id
from penstock._runtime.received import observe_received
from penstock.boundary._arguments import ARGUMENT, receive_argument, send_argument, send_beside
from penstock.boundary._calls import bind_calls
from penstock.boundary._current import active, aiterate, inactive, iterate
from penstock.boundary._inbound import UNTRUSTED_FLOW_ID, Inbound, InboundSettings
from penstock.boundary._outbound import Outbound, OutboundSettings
from penstock.boundary._requests import InboundRequests, InboundRequestsSettings
from penstock.boundary._trust import Secret

__all__ = [
    "ARGUMENT",
    "HEADER",
    "UNTRUSTED_FLOW_ID",
    "After",
    "Channels",
    "Endpoints",
    "Inbound",
    "InboundRequests",
    "InboundRequestsSettings",
    "InboundSettings",
    "Outbound",
    "OutboundSettings",
    "Secret",
    "TaskSettings",
    "active",
    "aiterate",
    "bind_calls",
    "check_plain_function",
    "declare_control_flow",
    "declare_task",
    "flush_spans",
    "inactive",
    "is_flow_id",
    "is_trace_id",
    "iterate",
    "make_flow_id",
    "observe_received",
    "receive_argument",
    "record_failure",
    "send_argument",
    "send_beside",
    "split_task_settings",
]
