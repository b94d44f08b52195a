"""The URL of the source of a project, from the repository that the site names."""

import re
from pathlib import Path

__all__ = ["source_template"]

_FILES = {
    "github": "{}/blob/{}/{}{{file}}#L{{line}}",
    "gitlab": "{}/-/blob/{}/{}{{file}}#L{{line}}",
    "bitbucket": "{}/src/{}/{}{{file}}#lines-{{line}}",
}
"""How forges write the URL of a line: after the repository, the branch and the folder in it."""

_BRANCH = re.compile(r"(?:-/)?(?:edit|blob|raw|src|tree)/(?P<branch>[^/]+)/")
_DEFAULTS = {"edit/master/docs", "src/default/docs"}
"""The values that MkDocs and Zensical set where the site sets none: it does not know the branch."""


def source_template(repo_url: str | None, edit_uri: str | None, root: Path) -> str | None:
    """Return the template of source URLs for the repository of a site, or None if it is unknown.

    Args:
        repo_url: The repository, as the site names it.
        edit_uri: How its pages can be edited there, which names the branch.
        root: The folder that paths are counted from.
    """
    forge = next((name for name in _FILES if name in (repo_url or "").lower()), None)
    if forge is None or repo_url is None:
        return None
    uri = (edit_uri or "").strip("/")
    found = None if uri in _DEFAULTS else _BRANCH.match(uri)
    # All of them call the newest revision of the default branch so.
    branch = found["branch"] if found else "HEAD"
    base = repo_url.rstrip("/").replace("{", "%7B").replace("}", "%7D")
    return _FILES[forge].format(base, branch, _folder_in_repository(root))


def _folder_in_repository(root: Path) -> str:
    root = root.resolve()
    top = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)
    return "".join(f"{part}/" for part in root.relative_to(top).parts)
