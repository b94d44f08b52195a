"""Reading the options of a block, which are YAML."""

import yaml
from yaml.scanner import ScannerError

from penstock_mkdocs.markdown._options import OptionError

__all__ = ["read_yaml"]

_YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(text: str) -> object:
    """Return what the options *text* say.

    Raises:
        OptionError: If they are not YAML.
    """
    if not text.strip():
        return None
    loader = _YAML(text)
    try:
        node = loader.get_single_node()
        _check_once(node)
        return loader.construct_document(node) if node else None
    except yaml.YAMLError as error:
        problem, mark = getattr(error, "problem", None), getattr(error, "problem_mark", None)
        where = f", in line {mark.line + 1} of them" if mark else ""
        quotes = "; a value may need quotes" if isinstance(error, ScannerError) else ""
        message = f"the options are not valid YAML: {problem or error}{where}{quotes}"
        raise OptionError(message) from error
    finally:
        loader.dispose()


def _check_once(node: yaml.Node | None) -> None:
    """Raise if the options *node* set one of them twice, which YAML forbids and PyYAML allows."""
    seen: set[str] = set()
    for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
        name = str(key.value)
        if name in seen:
            problem = f"{name!r} is set twice"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
        seen.add(name)
