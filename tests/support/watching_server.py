"""The server of MkDocs, asked what it watches."""

from mkdocs.livereload import LiveReloadServer

__all__ = ["Watching"]


class Watching(LiveReloadServer):
    """MkDocs' server, which is not started and remembers what it is to watch."""

    def __init__(self):
        super().__init__(lambda: None, "127.0.0.1", 0, ".")
        self.watched = []

    def watch(self, path, func=None, *, recursive=True):
        super().watch(path, func, recursive=recursive)
        self.watched.append(path)
