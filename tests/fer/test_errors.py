"""What goes wrong is said in one line, whatever names files and their authors chose."""

import pytest

from fer.errors import LONGEST, ImageError


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Größe 7  × 5 of “été.jpg” in 日本 is odd.", "Größe 7  × 5 of “été.jpg” in 日本 is odd."),
        ("a\nb\r\n.jpg is empty.", r"a\nb\r\n.jpg is empty."),
        ("\x1b[31m\x07.jpg is empty.", r"\x1b[31m\x07.jpg is empty."),
        ("a\u2028b\u202e.jpg is empty.", r"a\u2028b\u202e.jpg is empty."),
        ("\udcff.jpg is empty.", r"\udcff.jpg is empty."),
        ("", ""),
    ],
)
def test_a_message_is_one_line_of_text(said, shown):
    assert str(ImageError(said)) == shown


def test_a_long_message_loses_its_middle():
    shown = str(ImageError(f"Format {'9' * 10**6} is not read here."))
    assert len(shown) < LONGEST + 10
    assert shown.startswith("Format 9")
    assert shown.endswith("9 is not read here.")
