"""The MkDocs plugin: it configures the extension and brings what only events can."""

from mkdocs.config import config_options
from mkdocs.config.base import Config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin
from mkdocs.structure.files import File, Files

from penstock.graph._theme import page_stylesheet
from penstock_mkdocs import _loading
from penstock_mkdocs._config import DIRECTIONS, FORMATS

__all__ = ["PenstockConfig", "PenstockPlugin"]

_EXTENSION = "penstock_flows"
_CSS = "assets/penstock.css"


class PenstockConfig(Config):  # type: ignore[no-untyped-call]  # MkDocs leaves it untyped
    """The options of the plugin."""

    modules = config_options.ListOfItems(config_options.Type(str), default=[])
    """The modules that declare flows."""

    pythonpath = config_options.ListOfItems(config_options.Type(str), default=[])
    """Folders to import from, counted from the folder of ``mkdocs.yml``."""

    setup = config_options.Optional(config_options.Type(str))
    """A function to call before anything is imported, as ``"package.module:function"``."""

    format = config_options.Choice(FORMATS, default="svg")
    """How flows are drawn unless a block says otherwise."""

    direction = config_options.Choice(DIRECTIONS, default="TD")
    """Where flows lead unless a block says otherwise."""

    templates = config_options.Optional(config_options.Dir(exists=True))
    """A folder with templates that replace ours."""


class PenstockPlugin(BasePlugin[PenstockConfig]):  # type: ignore[no-untyped-call]  # as above
    """Shows flows in MkDocs pages.

    .. versionadded:: 0.1
    """

    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        """Configure the extension, which does the work."""
        if _EXTENSION in config.markdown_extensions:
            message = (
                f"penstock is configured twice: as a plugin and as the Markdown extension "
                f"{_EXTENSION}. Keep the plugin"
            )
            raise PluginError(message)
        config.markdown_extensions.append(_EXTENSION)
        config.mdx_configs[_EXTENSION] = {
            **self.config,
            "config_file": config.config_file_path,
        }
        config.extra_css.append(_CSS)
        _loading.forget()  # each build imports and reports for itself
        return config

    def on_files(self, files: Files, *, config: MkDocsConfig) -> Files:
        """Add the style sheet that lets diagrams follow the page's colours."""
        files.append(File.generated(config, _CSS, content=page_stylesheet()))
        return files
