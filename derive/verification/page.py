"""A report as one HTML page: every statement with its certainty, what was evaluated, the worst error, the seed and the time."""

from __future__ import annotations

from html import escape

from derive.verification.statements import CHECKED, CROSS_CHECKED, PROVED, Report, Statement

MEANINGS = {
    PROVED: "a symbolic identity, sizes symbolic, or an induction over layers or steps",
    CHECKED: "both sides evaluated with 40 digits at random small sizes and points; derivatives from the forward equations alone",
    CROSS_CHECKED: "finite differences, other programs",
}
_STYLE = """
body { font: 16px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #1b1b1b; background: #fff; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #ddd; }
td.number { white-space: nowrap; font-variant-numeric: tabular-nums; }
code { font: 13px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
tr.wrong { background: #fdecea; }
.detail { color: #555; font-size: 14px; }
@media (prefers-color-scheme: dark) {
  body { color: #e6e6e6; background: #16181b; } th, td { border-color: #333; } tr.wrong { background: #4a1f1c; } .detail { color: #aaa; }
}
"""


def page(report: Report, name: str) -> str:
    """The whole page; nothing in it is loaded from elsewhere."""
    kinds = "".join(f"<li><b>{kind}</b>: {escape(meaning)}</li>" for kind, meaning in MEANINGS.items())
    rows = "".join(map(_row, report.statements))
    title = f"Verification of {escape(name)}"
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n<p>{escape(report.summary)}</p>\n"
        f"<ul>{kinds}</ul>\n<table>\n<thead><tr><th>no.</th><th>statement</th><th>certainty</th><th>worst error</th><th>seed</th>"
        f"<th>ms</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</body>\n</html>\n"
    )


def _row(own: Statement) -> str:
    error = "" if own.error is None else "exact" if own.error == 0 else f"{own.error:.0e}"
    seed = "" if own.seed is None else str(own.seed)
    time = "" if own.seconds is None else f"{1000 * own.seconds:.1f}"
    kind = own.kind if own.ok else f"wrong ({own.kind})"
    cells = "".join(f'<td class="number">{escape(cell)}</td>' for cell in (kind, error, seed, time))
    statement = f'<code>{escape(own.latex)}</code><div class="detail">{escape(own.detail)}</div>'
    opening = "<tr>" if own.ok else '<tr class="wrong">'
    return f'{opening}<td class="number">{escape(own.number)}</td><td>{statement}</td>{cells}</tr>\n'
