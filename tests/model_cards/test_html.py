"""A card becomes one page that needs nothing else and runs nothing."""

import re
from pathlib import Path

import pytest
from generated import MEMBER

from fer.models.model_folder import CARD
from model_cards.__main__ import main
from model_cards.html import page


def test_a_card_is_a_page_with_its_plots(tmp_path):
    out = tmp_path / "new" / "card.html"
    assert main(["html", MEMBER, "--out", str(out)]) == 0
    shown = out.read_text(encoding="utf-8")
    assert "<title>ddamfn-ferplus</title>" in shown
    assert "<h1>ddamfn-ferplus</h1>" in shown
    assert "<td>Overall accuracy</td>" in shown
    sources = re.findall(r'<img src="([^"]{0,22})', shown)
    assert sources == ["data:image/png;base64,"] * 3
    assert "model-index" not in shown


@pytest.mark.parametrize(
    ("out", "sentence"),
    [
        ("card.txt", "card.txt is no name of a page: choose one that ends in .html"),
        ("file/card.html", "file/card.html cannot be written ("),
        (".", ". is no name of a page"),
    ],
)
def test_where_no_page_can_be_gets_a_sentence(tmp_path, monkeypatch, capsys, out, sentence):
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    assert main(["html", MEMBER, "--out", out]) == 2
    assert sentence in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("text", "shown", "hidden"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;", "<script>"),
        ("[a](javascript:alert(1))", "javascript:alert", "<a"),
        ("![a](../secret.png)", 'src="../secret.png"', "base64"),
        ("![a](key.txt)", 'src="key.txt"', "base64"),
        ("![a](here.png)", "data:image/png;base64,MQ==", 'src="here.png"'),
        ("# a < b", "<title>a &lt; b</title>", "<title>a < b"),
        ("![a](%00.png)", "%00.png", "base64"),
    ],
)
def test_the_card_may_be_anybodys(tmp_path, text, shown, hidden):
    folder = tmp_path / "model"
    folder.mkdir()
    for path in (tmp_path / "secret.png", folder / "key.txt", folder / "here.png"):
        path.write_text("1")
    made = page(f"---\nlicense: mit\n---\n{text}\n", folder)
    assert shown in made
    assert hidden not in made


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["html", MEMBER], "html takes a model and a file"),
        (["html", ".", "--out", "x.html"], "has no card that can be read"),
        (["html", MEMBER, "--out", CARD], "is no name of a page"),
    ],
)
def test_a_wrong_call_gets_a_sentence(tmp_path, monkeypatch, capsys, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    if arguments[-1] == CARD:
        Path(CARD).write_text("mine")
    assert main(arguments) == 2
    assert sentence in capsys.readouterr().err
