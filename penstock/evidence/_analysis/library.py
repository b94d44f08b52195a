"""Functions of libraries: which call the functions that they get, and which hand them off."""

import re

__all__ = [
    "AFTER",
    "A_MODULE",
    "CALLBACKS",
    "CALLED",
    "CALLED_BY_NAME",
    "CONSUMERS",
    "DATA",
    "ENDINGS",
    "GIVEN",
    "GOT",
    "HANDING",
    "IDENTITY",
    "IMPORTING",
    "IN_TEMPLATES",
    "KEEPING",
    "KINDS",
    "LOGGED",
    "LOGGING_CLASSES",
    "LOOKING",
    "NAMING",
    "OF_BASES",
    "OF_FILES",
    "OF_LIBRARIES",
    "OF_LOGGERS",
    "PLUGINS",
    "PROPERTIES",
    "RECEIVING",
    "REGISTERING",
    "RUNNERS",
    "SCHEDULING",
    "SENDING",
    "SERVING",
    "SIGNATURES",
    "SIGNING",
    "STORING",
    "TEMPLATES",
    "UNREAD",
    "VALIDATING",
    "VALIDATORS",
    "VERBS",
    "WAITING",
    "is_hook",
    "is_sent_by_calling",
    "last_of",
    "may_have",
]


def is_sent_by_calling(name: str) -> bool:
    """Return whether a decorator makes a task that each call sends to a queue, as Huey's do."""
    return "huey" in name.lower() and last_of(name) in {"task", "db_task"}


def may_have(base: str, name: str) -> bool:
    """Return whether the class *base* of a library may have something called *name*."""
    known = OF_BASES.get(base)
    return known is None or name in known or name.startswith("__")


def is_hook(base: str, name: str) -> bool:
    """Return whether the class *base* of a library calls what a subclass has called *name*."""
    if (known := OF_BASES.get(base)) is not None:
        return name in known
    return any(
        name in names or name.startswith(prefixes)
        for end, names, prefixes in _HOOKS
        if base.endswith(end)
    )


PROPERTIES = frozenset({"property", "cached_property"})
"""The decorators of methods that are called where an attribute is read."""


def last_of(name: str) -> str:
    """Return the last part of a dotted name."""
    return name.removesuffix("()").rpartition(".")[2]


RUNNERS = frozenset({
    "map", "filter", "sorted", "min", "max", "sort", "reduce", "accumulate", "starmap",
    "takewhile", "dropwhile", "groupby", "filterfalse", "any", "all", "sum", "apply", "call",
    "retry_call", "run", "run_until_complete", "wait_for", "shield", "to_thread", "run_sync",
    "run_in_threadpool", "isolate", "partition", "atomic", "wrapper", "run_coroutine", "timeit",
    "setdefault", "iter", "next", "call_command", "invoke", "wrapt", "anext", "defaultdict", "sub",
    "subn", "run_in_executor", "as_completed_now", "wrap", "with_retry", "execute_with_retry",
})  # fmt: skip
"""Functions, by their last name, that call the functions that they get before they return."""


SERVING = frozenset({
    "start_server", "start_unix_server", "create_server", "create_unix_server", "serve",
    "unix_serve", "subscribe", "psubscribe", "consume", "basic_consume", "listen", "add_listener",
    "set_handler",
})  # fmt: skip
"""Functions that call what they get when something arrives, and not before they are awaited."""


CALLED: dict[str, int] = {
    **dict.fromkeys((
        "map", "filter", "reduce", "starmap", "takewhile", "dropwhile", "filterfalse", "to_thread",
        "run_sync", "run_in_threadpool", "submit", "call_soon", "call_soon_threadsafe",
        "start_new_thread", "spawn",
    ), 0),
    **dict.fromkeys((
        "run_in_executor", "call_later", "call_at", "Timer", "Thread", "Process",
    ), 1),
    **dict.fromkeys(("sorted", "min", "max", "sort", "groupby"), -1),
}  # fmt: skip
"""Functions that call an argument, and which; -1 is none but those with the names below."""


CALLED_BY_NAME = {"key", "target"}
"""The names of arguments that they call."""


CONSUMERS = frozenset({
    "list", "tuple", "set", "frozenset", "dict", "sorted", "sum", "min", "max", "any", "all",
    "join", "deque", "next", "anext", "extend", "update", "writelines", "executemany",
    "bulk_create", "Counter", "OrderedDict", "enumerate", "zip", "reversed", "chain", "islice",
    "from_iterable", "filter", "map", "iter", "aiter", "batched", "tee", "tqdm", "len", "reduce",
    "fromkeys", "choice", "heappop",
})  # fmt: skip
"""Functions that iterate over what they get, or pass it on item by item."""


OF_LOGGERS = frozenset(
    {"critical", "debug", "error", "exception", "info", "log", "warn", "warning"}
)
"""Methods of loggers, which get strings and data."""


LOOKING = OF_LOGGERS | {
    "signature", "getsource", "getsourcefile", "getsourcelines", "isfunction", "ismethod",
    "isclass", "iscoroutinefunction", "isgeneratorfunction", "isasyncgenfunction", "getmembers",
    "unwrap", "get_type_hints", "getdoc", "id", "repr", "str", "hash", "isinstance", "issubclass",
    "callable", "hasattr", "print", "format", "getLogger", "get_logger", "bool", "len", "dir",
    "vars", "getmodule", "getfullargspec", "wraps", "add_note", "assert_called", "assertEqual",
    "assertRaises", "raises",
}  # fmt: skip
"""Functions that only look at what they get."""


VERBS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "trace"})
"""Methods that the views of a library call by the verb of a request."""


_OF_DJANGO_VIEWS = VERBS | {
    "allow_empty", "allow_future", "args", "as_view", "content_type", "context_object_name",
    "date_field", "day", "day_format", "dispatch", "extra_context", "fields", "form_class",
    "form_invalid", "form_valid", "get_allow_empty", "get_allow_future", "get_context_data",
    "get_context_object_name", "get_date_field", "get_date_list", "get_date_list_period",
    "get_dated_items", "get_dated_queryset", "get_day", "get_day_format", "get_form",
    "get_form_class", "get_form_kwargs", "get_initial", "get_login_url", "get_make_object_list",
    "get_month", "get_month_format", "get_next_day", "get_next_month", "get_next_week",
    "get_next_year", "get_object", "get_ordering", "get_paginate_by", "get_paginate_orphans",
    "get_paginator", "get_permission_denied_message", "get_permission_required", "get_prefix",
    "get_previous_day", "get_previous_month", "get_previous_week", "get_previous_year",
    "get_queryset", "get_redirect_field_name", "get_redirect_url", "get_slug_field",
    "get_success_message", "get_success_url", "get_template_names", "get_test_func", "get_week",
    "get_week_format", "get_year", "get_year_format", "handle_no_permission", "has_permission",
    "http_method_names", "http_method_not_allowed", "initial", "kwargs", "login_url",
    "make_object_list", "model", "month", "month_format", "object", "object_list", "ordering",
    "page_kwarg", "paginate_by", "paginate_orphans", "paginate_queryset", "paginator_class",
    "pattern_name", "permanent", "permission_denied_message", "permission_required", "pk_url_kwarg",
    "prefix", "preserve_request", "query_pk_and_slug", "query_string", "queryset",
    "raise_exception", "redirect_field_name", "render_to_response", "request", "response_class",
    "setup", "slug_field", "slug_url_kwarg", "success_message", "success_url", "template_engine",
    "template_name", "template_name_field", "template_name_suffix", "test_func", "url",
    "uses_datetime_field", "view_is_async", "week", "week_format", "year", "year_format",
}  # fmt: skip
"""The names that generic views of Django have, and the classes that are mixed into views."""

_DJANGO_VIEWS = {
    "base": ("ContextMixin", "RedirectView", "TemplateResponseMixin", "TemplateView", "View"),
    "detail": ("DetailView", "SingleObjectMixin", "SingleObjectTemplateResponseMixin"),
    "edit": ("CreateView", "DeleteView", "FormMixin", "FormView", "ModelFormMixin", "UpdateView"),
    "list": ("ListView", "MultipleObjectMixin", "MultipleObjectTemplateResponseMixin"),
}

_DJANGO_MIXINS = (
    "AccessMixin", "LoginRequiredMixin", "PermissionRequiredMixin", "UserPassesTestMixin",
)  # fmt: skip

OF_BASES = {
    **dict.fromkeys((
        "django.views.View",
        "django.contrib.messages.views.SuccessMessageMixin",
        *(f"django.contrib.auth.mixins.{each}" for each in _DJANGO_MIXINS),
        *(
            f"django.views.generic.{module}{each}"
            for kind, names in _DJANGO_VIEWS.items()
            for each in names
            for module in ("", f"{kind}.")
        ),
    ), _OF_DJANGO_VIEWS),
    **dict.fromkeys(("threading.Thread", "threading.Timer"), frozenset({
        "start", "run", "join", "name", "daemon", "is_alive", "ident", "native_id", "getName",
        "setName", "isDaemon", "setDaemon", "cancel", "interval", "function", "args", "kwargs",
        "finished", "_target", "_args", "_kwargs", "_name", "_started", "_stop", "_delete",
        "_bootstrap",
    })),
    **dict.fromkeys(("flask.views.View", "flask.views.MethodView"), VERBS | {
        "dispatch_request", "as_view", "methods", "decorators", "init_every_request",
        "provide_automatic_options",
    }),
}  # fmt: skip
"""The names that classes of libraries have, and call of a subclass, besides special methods."""


_OF_REST_VIEWS = _OF_DJANGO_VIEWS | {
    "check_object_permissions", "check_permissions", "check_throttles", "create", "destroy",
    "filter_queryset", "finalize_response", "get_authenticators", "get_exception_handler",
    "get_paginated_response", "get_parsers", "get_permissions", "get_renderers", "get_serializer",
    "get_serializer_class", "get_serializer_context", "get_throttles", "handle_exception", "list",
    "partial_update", "perform_authentication", "perform_content_negotiation", "perform_create",
    "perform_destroy", "perform_update", "permission_denied", "retrieve", "throttled", "update",
}  # fmt: skip
"""The names that views of Django and of its REST framework call of a subclass."""


_HOOKS: tuple[tuple[str, frozenset[str] | set[str], tuple[str, ...]], ...] = (
    ("View", _OF_REST_VIEWS, ()),
    ("ViewSet", _OF_REST_VIEWS, ()),
    ("Mixin", _OF_REST_VIEWS, ()),
    ("APIView", _OF_REST_VIEWS, ()),
    ("Form", {"clean", "full_clean", "save"}, ("clean_",)),
    ("FormSet", {"clean", "full_clean", "save", "save_existing", "save_new"}, ("get_form",)),
    (
        "Serializer",
        {"create", "is_valid", "save", "to_internal_value", "to_representation", "update"},
        ("get_", "validate"),
    ),
    (
        "Admin",
        {
            "delete_model", "delete_queryset", "formfield_for_dbfield", "formfield_for_foreignkey",
            "formfield_for_manytomany", "log_addition", "log_change", "log_deletion",
            "lookup_allowed", "save_form", "save_formset", "save_model", "save_related",
        },
        ("get_", "has_", "render_", "response_"),
    ),
    (
        "RequestHandler",
        VERBS | {
            "check_xsrf_cookie", "compute_etag", "data_received", "finish", "flush",
            "get_current_user", "get_login_url", "get_template_namespace", "get_user_locale",
            "initialize", "on_connection_close", "on_finish", "prepare", "set_default_headers",
            "write_error",
        },
        (),
    ),
    ("Permission", {"has_object_permission", "has_permission"}, ()),
    ("Authentication", {"authenticate", "authenticate_header"}, ()),
    ("Throttle", {"allow_request", "get_cache_key", "wait"}, ()),
    ("FilterBackend", {"filter_queryset", "get_search_fields"}, ()),
    ("Pagination", {"get_paginated_response", "paginate_queryset"}, ()),
    ("HTTPEndpoint", VERBS | {"dispatch"}, ()),
    (
        "WebSocketEndpoint",
        {"decode", "dispatch", "on_connect", "on_disconnect", "on_receive"},
        (),
    ),
    (
        "Protocol",
        {
            "connectionLost", "connectionMade", "connection_lost", "connection_made",
            "dataReceived", "data_received", "datagramReceived", "datagram_received",
            "eof_received", "error_received", "pause_writing", "resume_writing",
        },
        (),
    ),
    ("Receiver", {"connectionLost", "connectionMade", "lineReceived", "stringReceived"}, ()),
    ("socketserver.BaseRequestHandler", {"finish", "handle", "setup"}, ()),
    ("StreamRequestHandler", {"finish", "handle", "setup"}, ()),
    (
        "HTTPRequestHandler",
        {"finish", "handle", "log_message", "log_request", "setup", "version_string"},
        ("do_",),
    ),
    (
        "Task",
        {"after_return", "before_start", "on_failure", "on_retry", "on_success", "run"},
        (),
    ),
    ("MiddlewareMixin", set(), ("process_",)),
    ("Command", {"add_arguments", "execute", "handle"}, ()),
    (
        "cmd.Cmd",
        {"default", "emptyline", "onecmd", "postcmd", "postloop", "precmd", "preloop"},
        ("do_", "complete_", "help_"),
    ),
    ("HTMLParser", set(), ("handle_",)),
)  # fmt: skip
"""How the names of classes of libraries end, and what they call of a subclass: names, or how
these begin."""


LOGGED = (
    "emit", "handle", "format", "filter", "formatException", "formatMessage", "formatTime",
    "makeRecord", "process", "_log",
)  # fmt: skip
"""The methods that `logging` calls of its loggers, handlers, filters and formatters."""


LOGGING_CLASSES = (
    "Handler", "StreamHandler", "FileHandler", "Formatter", "Filter", "Logger", "LoggerAdapter",
)  # fmt: skip
"""The classes of `logging` that have these methods."""


KINDS = ("iscoroutinefunction", "isasyncgenfunction", "isgeneratorfunction")
"""Functions that return of which kind a function is."""


IDENTITY = frozenset({
    "lru_cache", "cache", "update_wrapper", "override", "final", "overload",
    "typechecked", "no_type_check", "abstractmethod", "runtime_checkable", "total_ordering",
    "dataclass_transform", "unique", "verify", "cast",
})  # fmt: skip


REGISTERING = frozenset({
    "connect", "subscribe", "register", "on", "add_handler", "add_listener", "add_event_handler",
    "listen", "listens_for", "receiver", "hook", "add_hook", "on_event", "add_subscriber",
    "observe", "attach", "bind", "handler", "route", "command", "task", "consumer", "subscriber",
    "middleware", "connect_via", "add_api_route", "add_url_rule", "path", "re_path", "url",
    "add_route", "include", "add_middleware", "exception_handler", "errorhandler",
    "register_error_handler", "add_exception_handler", "add_job", "schedule", "every", "at", "do",
    "add_periodic_task", "add_parser", "set_defaults", "add_command", "register_task", "atexit",
    "signal", "add_signal_handler", "fixture", "parametrize", "property", "validator",
    "field_validator", "model_validator", "root_validator", "cached", "memoize", "event",
    "listener", "websocket", "get", "post", "put", "patch", "delete", "head", "options", "trace",
    "api_route", "Field", "field", "Column", "mapped_column", "relationship", "as_view", "actor",
    "periodic_task", "before_request", "after_request", "teardown_request", "teardown_appcontext",
    "cli", "callback", "option", "argument", "group", "agent", "timer", "topic", "rpc", "method",
    "include_router",
})  # fmt: skip
"""Functions that keep what they get for an event, a route or a message: no call follows here."""


SCHEDULING = frozenset({"add_job", "add_periodic_task", "do", "schedule"})
"""Those of them that hand off what they get to a scheduler, if they are not decorators."""


SENDING = frozenset({
    "send", "send_robust", "send_async", "emit", "publish", "produce", "fire", "trigger",
    "dispatch", "notify", "delay", "apply_async", "enqueue", "enqueue_in", "enqueue_at",
    "enqueue_call", "send_task", "send_message", "send_messages", "send_and_wait", "put",
    "put_nowait", "kiq", "basic_publish", "publish_message", "xadd", "rpush", "lpush", "sadd",
    "zadd", "hset", "broadcast", "defer", "schedule", "call_soon", "post", "request", "invoke",
    "submit", "add_job", "kick", "put_item", "put_event", "put_events", "produce_message",
    "send_event", "emit_event", "raise_event", "publish_event", "queue_task", "add_message",
    "push", "lpush_many", "sendall", "write_message", "group_send",
})  # fmt: skip
"""Methods that may put something where other code finds it."""


RECEIVING = frozenset({
    "get", "get_nowait", "receive", "receive_nowait", "recv", "popleft", "pop", "lpop", "rpop",
    "blpop", "brpop", "dequeue", "fetch",
})  # fmt: skip
"""Methods that may take what others have put somewhere."""


KEEPING = frozenset({
    "login_required", "permission_required", "user_passes_test", "staff_member_required",
    "require_POST", "require_GET", "require_safe", "require_http_methods", "csrf_exempt",
    "csrf_protect", "ensure_csrf_cookie", "never_cache", "cache_control", "cache_page",
    "vary_on_headers", "vary_on_cookie", "method_decorator", "atomic", "receiver", "lru_cache",
    "cache", "contextmanager", "asynccontextmanager", "route", "get", "post", "put", "patch",
    "head", "options", "api_route", "before_request", "after_request", "teardown_request",
    "errorhandler", "exception_handler", "on_event", "jwt_required",
    "sensitive_post_parameters", "sensitive_variables", "xframe_options_exempt",
})  # fmt: skip
"""Decorators after which a function takes the arguments that it has in the source, at most."""


STORING = frozenset({
    "save", "create", "bulk_create", "commit", "add", "insert", "set", "get_or_create", "delete",
    "update_or_create", "update", "insert_one", "insert_many", "execute", "on_commit",
})  # fmt: skip
"""Methods of a database, that signals may announce."""


SIGNATURES = frozenset({"s", "si", "signature", "subtask", "message", "message_with_options"})
"""Attributes of a task that give it with some of its arguments."""


SIGNING = frozenset({"set", "clone", "stamp", "on_error"})
"""Methods of a signature that give it with other options, or with what follows an error."""


HANDING = frozenset({
    "delay", "apply_async", "send", "send_with_options", "kiq", "schedule", "enqueue", "defer",
    "queue", "delay_on_commit", "apply_async_on_commit", "submit", "configure", "spawn", "remote",
    "retry", "cast", "push", "kicker", "options", "using", "apply",
})  # fmt: skip
"""Attributes of a task that hand it off when they are called."""


AFTER = ("link", "callbacks", "link_error", "errbacks")
"""Arguments of what hands off a task: what is handed off when that has ended."""


NAMING = frozenset({
    "enqueue", "enqueue_in", "enqueue_at", "enqueue_call", "send_task", "add_job", "schedule",
    "apply_async", "cron", "defer", "enqueue_job", "async_task", "signature", "create_job",
})  # fmt: skip
"""Functions that hand off what a string names."""


STARTING = frozenset({
    "start", "run", "execute", "serve_forever", "cmdloop", "perform", "run_forever", "main",
})  # fmt: skip
"""Methods of a base class of a library that call what a class has instead of the library's."""


CALLBACKS = {
    "feed": ("handle_", "unknown_"),
    "visit": ("visit_", "leave_", "depart_"),
    "generic_visit": ("visit_",),
    "walkabout": ("visit_", "depart_"),
    "onecmd": ("do_",),
}
"""Methods of a base class of a library, and how the methods begin that it calls of a class."""


_OF_VIEWS = ("View", "ViewSet", "Mixin")

GIVEN = {"object": "get_object", "object_list": "get_queryset", "instance": "instance"}
"""Attributes that frameworks assign, and the method that returns what they are."""


TEMPLATES = {
    **dict.fromkeys(("is_valid", "save"), ("Form", "Serializer")),
    **dict.fromkeys(("full_clean", "validate", "validate_on_submit"), ("Form",)),
    **dict.fromkeys(("run_validation",), ("Serializer",)),
    **dict.fromkeys(("create", "update"), ("Serializer", *_OF_VIEWS)),
    **dict.fromkeys((
        "get_form", "get_serializer", "post", "form_valid", "partial_update", "perform_create",
        "perform_update", "filter_queryset", "paginate_queryset",
    ), _OF_VIEWS),
    **dict.fromkeys(("get_queryset", "get_object"), (*_OF_VIEWS, "Admin", "Inline")),
    **dict.fromkeys(("save_model", "delete_model"), ("Admin",)),
    **dict.fromkeys(("instance",), ("Form", "Serializer")),
}  # fmt: skip
"""Methods of frameworks that call those of a subclass, and how the names of their classes end."""


WAITING = frozenset({
    "result", "join", "get", "wait", "get_result", "exception", "wait_result",
})  # fmt: skip
"""Methods that wait for what was handed off."""


OF_LIBRARIES = CONSUMERS | LOOKING | REGISTERING | SENDING | STORING | WAITING
"""Names that so many libraries have that the same name says nothing about the project."""


IMPORTING = frozenset({
    "import_string", "import_module", "import_object", "import_from_string", "load_object",
    "symbol_by_name", "locate", "load", "import_class", "load_class", "resolve_name", "get_class",
    "import_from", "load_from", "import_attribute", "import_by_path",
})  # fmt: skip
"""Functions that return what a string names."""


VALIDATORS = frozenset({"field_validator", "model_validator", "validator", "root_validator"})
"""Decorators of methods that check an object when it is made."""


VALIDATING = frozenset({
    "model_validate", "model_validate_json", "model_validate_strings", "parse_obj", "parse_raw",
    "from_orm",
})  # fmt: skip
"""Methods of a class of `pydantic` that make an object and check it."""


IN_TEMPLATES = frozenset({
    "simple_tag", "inclusion_tag", "simple_block_tag", "filter", "template_filter",
    "template_test", "template_global", "app_template_filter", "app_template_test",
    "app_template_global", "context_processor", "app_context_processor",
})  # fmt: skip
"""Decorators of functions that templates call, or that are called for each of them."""


PLUGINS = re.compile(r"\b(?:iter_)?entry_points\b|\bEntryPoint\b|^stevedore\b|load_entry_point")
"""The names of what finds plugins, whose names are not in the source."""


DATA = frozenset({
    "base64", "binascii", "builtins.open", "bz2", "csv", "datetime", "decimal", "fcntl",
    "getpass", "gettext", "glob", "gzip", "hashlib", "hmac", "html", "http", "ipaddress", "lzma",
    "math", "mimetypes", "os", "pathlib", "platform", "re", "secrets", "shlex", "shutil",
    "socket", "ssl", "stat", "string", "struct", "subprocess", "tarfile", "tempfile", "textwrap",
    "time", "urllib", "uuid", "zipfile", "zlib", "zoneinfo",
})  # fmt: skip
"""Modules and functions for data: nothing that they return has a method of the project."""


OF_FILES = {"read", "readline", "write"}
"""Methods of files, by which libraries use any object that has them."""

UNREAD = "unread:"
"""How the name of what a module of the project has begins, if that cannot be read or parsed."""


GOT = "builtins.getattr("
"""How the name of an attribute begins that `getattr` was asked for with an unknown string."""


A_MODULE = "a module"
"""The owner of such an attribute, if it is a module that nobody knows."""


ENDINGS = re.compile(
    r"(?:builtins\.)?(?:exit|quit)"
    r"|sys\.exit|os\.(?:_exit|abort|exec[lv]p?e?)|typing(?:_extensions)?\.assert_never"
    r"|(?:flask|quart|werkzeug|bottle)(?:_\w+)?(?:\.\w+)*\.abort"
    r"|argparse\.ArgumentParser\(\)\.(?:error|exit)|click\.(?:\w+\.)*Context(?:\(\))?\.(?:abort|exit|fail)"
    r"|pytest\.(?:exit|fail|skip|xfail)"
)
"""The whole names of functions that do not return."""
