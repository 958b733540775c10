"""Notes as a Jupyter notebook: the derivation in text cells, the module and its checks in cells that run."""

from __future__ import annotations

import base64
from typing import Any

from derive.errors import InputError
from derive.notes.document import Document, Figure, Listing, Section
from derive.notes.figures.svg import svg
from derive.notes.writers.markdown import alt_text, block_markdown, head, heading, inline


def notebook(document: Document) -> str:
    """The notebook, in version 4 of the format; cells are named after their sections.

    Raises ``InputError`` where nbformat is not installed.
    """
    try:
        from nbformat import v4, writes
    except ImportError:
        raise InputError("ipynb needs nbformat, which is not installed: pip install 'deltarule[notebook]'") from None
    cells = [v4.new_markdown_cell(head(document), id="head")]
    for section in document.sections:
        cells += _cells(section, v4)
    about = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}, "language_info": {"name": "python"}}
    return str(writes(v4.new_notebook(cells=cells, metadata=about), version=4)) + "\n"


def _cells(section: Section, v4: Any) -> list[Any]:
    """Text as one cell up to each listing, and a cell for the listing."""
    cells: list[Any] = []
    texts, pictures = [heading(section)], dict[str, Any]()

    def close() -> None:
        if texts:
            cell = v4.new_markdown_cell("\n\n".join(texts), id=_name(section, len(cells)))
            if pictures:
                cell["attachments"] = dict(pictures)
            cells.append(cell)
            texts.clear()
            pictures.clear()

    for block in section.blocks:
        if isinstance(block, Listing):
            close()
            cells.append(v4.new_code_cell(block.code.rstrip("\n"), id=_name(section, len(cells))))
        elif isinstance(block, Figure):
            name = f"figure-{len(pictures) + 1}.svg"
            pictures[name] = {"image/svg+xml": base64.b64encode(svg(block.drawing).encode()).decode()}
            texts.append(f"![{alt_text(block.drawing)}](attachment:{name})\n\n{inline(block.caption)}")
        else:
            texts.append(block_markdown(block))
    close()
    return cells


def _name(section: Section, number: int) -> str:
    """An id of a cell: letters, digits and hyphens."""
    return f"{section.anchor}-{number}" if number else section.anchor
