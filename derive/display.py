"""What notebooks show."""

from __future__ import annotations

from typing import Any


class Text(str):
    """What was made, as a string that notebooks show as what it is."""

    mime: str

    def __new__(cls, content: str, mime: str) -> Text:
        """``content``, of the given media type."""
        text = super().__new__(cls, content)
        text.mime = mime
        return text

    def _repr_mimebundle_(self, **ignored: Any) -> dict[str, str]:
        source = f"```python\n{self}```" if self.mime == "text/x-python" else str(self)
        return {"text/plain": str(self), "text/markdown" if self.mime == "text/x-python" else self.mime: source}
