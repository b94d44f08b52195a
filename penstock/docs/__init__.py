"""Pages of flows as values, for docs tools, and loading the flows of a project."""

from penstock._common.declared_strings import escape_controls
from penstock._common.files import write_whole
from penstock._common.markup import plain_text
from penstock._project.importing import explain, explain_nothing, explain_optimization
from penstock._project.settings import (
    SETTING_NAMES,
    Settings,
    SettingWords,
    check_seconds,
    read_settings,
)
from penstock.catalog._loading import DECLARED, Flows, LoadedFlows, load_flows
from penstock.docs._edges import EdgeRow, EdgeTable, contradictions
from penstock.docs._evidence_words import EvidenceWords, ReasonWords
from penstock.docs._fingerprint import fingerprint
from penstock.docs._formats import is_code, page_formats
from penstock.docs._frame import (
    Frame,
    FrameWords,
    drawing_sheet,
    file_of_drawing,
    image_sheet,
    mermaid_sheet,
    mermaid_to_copy,
)
from penstock.docs._languages import WORDS, is_known_language, known_languages, words_in
from penstock.docs._lookup import Selection, find_step
from penstock.docs._names import anchor_of, slug_of, target_of
from penstock.docs._page import FlowPage, GroupDiagram, Remark, StepSection
from penstock.docs._part import PART_OPTIONS, part_of
from penstock.docs._sentences import (
    recursion_warning,
    sentence_parts,
    split_docstring,
    summary_of,
)
from penstock.docs._source_url import SourceUrl, no_source
from penstock.docs._words import (
    ENGLISH,
    Code,
    DocstringWords,
    IndexWords,
    Link,
    MissingWords,
    Piece,
    SourceLink,
    TableWords,
    Words,
)
from penstock.exceptions import did_you_mean

__all__ = [
    "DECLARED",
    "ENGLISH",
    "PART_OPTIONS",
    "SETTING_NAMES",
    "WORDS",
    "Code",
    "DocstringWords",
    "EdgeRow",
    "EdgeTable",
    "EvidenceWords",
    "FlowPage",
    "Flows",
    "Frame",
    "FrameWords",
    "GroupDiagram",
    "IndexWords",
    "Link",
    "LoadedFlows",
    "MissingWords",
    "Piece",
    "ReasonWords",
    "Remark",
    "Selection",
    "SettingWords",
    "Settings",
    "SourceLink",
    "SourceUrl",
    "StepSection",
    "TableWords",
    "Words",
    "anchor_of",
    "check_seconds",
    "contradictions",
    "did_you_mean",
    "drawing_sheet",
    "escape_controls",
    "explain",
    "explain_nothing",
    "explain_optimization",
    "file_of_drawing",
    "find_step",
    "fingerprint",
    "image_sheet",
    "is_code",
    "is_known_language",
    "known_languages",
    "load_flows",
    "mermaid_sheet",
    "mermaid_to_copy",
    "no_source",
    "page_formats",
    "part_of",
    "plain_text",
    "read_settings",
    "recursion_warning",
    "sentence_parts",
    "slug_of",
    "split_docstring",
    "summary_of",
    "target_of",
    "words_in",
    "write_whole",
]
