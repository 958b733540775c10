"""What a formula must be to pass KaTeX in strict mode and pdfLaTeX: KaTeX itself where it is installed, and a check of our own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

_KNOWN = """
alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega Gamma Delta
Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega partial nabla frac tfrac sqrt sum max min log exp tanh sin cos tan cosh sinh
operatorname mathit mathrm mathbf mathcal mathbb boldsymbol hat bar tilde vec text begin end left right tag displaystyle bigl bigr
Bigl Bigr biggl biggr lvert rvert lVert rVert cdot odot circ boxed oslash times le ge ne leftarrow in dots vdots top quad approx square
"""
COMMANDS = frozenset(_KNOWN.split())
ENVIRONMENTS = {"aligned", "cases", "bmatrix"}


def fault(tex: str) -> str:
    """What is wrong with a formula; empty where nothing is."""
    if not re.sub(r"\\text\{[^{}]*\}", _without_letters, tex).isascii():
        return "not ASCII"
    for command in re.findall(r"\\([A-Za-z]+)", tex):
        if command not in COMMANDS:
            return f"unknown command {command}"
    stack: list[str] = []
    for token in re.findall(r"\\begin\{\w+\}|\\end\{\w+\}|\\.|[{}]", tex, re.DOTALL):
        if token.startswith("\\begin"):
            stack.append(token[7:-1])
            if stack[-1] not in ENVIRONMENTS:
                return f"unknown environment {stack[-1]}"
        elif token.startswith("\\end"):
            if not stack or stack.pop() != token[5:-1]:
                return "environments do not nest"
        elif token == "{":
            stack.append("{")
        elif token == "}" and (not stack or stack.pop() != "{"):
            return "braces do not nest"
    return "braces or environments stay open" if stack else ""


def _without_letters(words: re.Match[str]) -> str:
    """Words without the letters that both know there: accented Latin ones, and the space at which no line ends."""
    return re.sub("[\u00a0\u00c0-\u017f]", "", words[0])


def katex() -> Path | None:
    """The installed KaTeX: in the folder that ``KATEX`` names, or in ``node_modules``."""
    if shutil.which("node") is None:
        return None
    named = os.environ.get("KATEX")
    places = [Path(named)] if named else []
    places.append(Path(__file__).resolve().parents[3] / "node_modules" / "katex")
    return next((place for place in places if (place / "package.json").exists()), None)


def refused_by_katex(formulas: Sequence[str]) -> list[tuple[str, str]]:
    """The formulas that KaTeX refuses in strict mode, each with its reason."""
    script = """
const katex = require(process.argv[1]);
const refused = [];
for (const tex of JSON.parse(require("fs").readFileSync(0))) {
  try { katex.renderToString(tex, { strict: "error", displayMode: true }); } catch (error) { refused.push([tex, error.message]); }
}
console.log(JSON.stringify(refused));
"""
    done = subprocess.run(
        ["node", "-e", script, str(katex())], input=json.dumps(list(formulas)), capture_output=True, text=True, check=True, timeout=120
    )
    return [(tex, reason) for tex, reason in json.loads(done.stdout)]
