"""In the page that ``build`` writes, formulas lead to the lines of code that compute them, and those lines back."""

from __future__ import annotations

import html
import re

import deltarule

NETWORK = deltarule.network("2-3:tanh-2:softmax")
PAGE = str(NETWORK.notes(format="html", code=str(NETWORK.emit())))


def test_every_formula_of_a_batch_leads_to_its_line() -> None:
    lines = dict(re.findall(r'<span id="line-(\d+)">(.*?)</span>', PAGE))
    links = re.findall(r'<a href="#eq-(\d+)">\(\1\)</a><a class="code" href="#line-(\d+)">', PAGE)
    assert len(links) >= 9
    for number, line in links:
        assert f"({number})" in html.unescape(lines[line])


def test_comments_lead_back_to_their_formulas() -> None:
    targets = re.findall(r'# <a href="#eq-(\d+)">\(\1\)</a>', PAGE)
    assert targets
    assert all(f'id="eq-{number}"' in PAGE for number in targets)


def test_the_code_stands_as_it_is() -> None:
    listing = PAGE[PAGE.index('<div class="listing">') :]
    text = html.unescape(re.sub(r"<[^>]+>", "", listing[: listing.index("</div>")]))
    assert text.strip() == str(NETWORK.emit()).strip()
