"""Data sets in every layout give the same faces, labels and splits; bad ones give one sentence."""

import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from generated import image_folder, kaggle, official, picture, write_split
from PIL import Image
from pillow_heif import from_pillow

from fer.data import LabelledFaces, load_split
from fer.errors import DataError
from fer.labels import EMOTIONS

OTHER_NAMES = ("Surprised", "fearful", "disgust", "happy", "sad", "angry", "neutral")


@pytest.mark.parametrize(
    "layout",
    [official, kaggle, image_folder(EMOTIONS), image_folder(OTHER_NAMES), image_folder("1234567")],
    ids=["official", "kaggle", "folders", "folders with other names", "numbered folders"],
)
def test_every_layout_gives_the_same_faces(tmp_path, layout):
    layout(tmp_path)
    splits = {name: load_split(tmp_path, name) for name in ("train", "validation", "test")}
    assert {name: len(faces) for name, faces in splits.items()} == {
        "train": 126,
        "validation": 14,
        "test": 21,
    }
    seen = set()
    for name, faces in splits.items():
        assert len(set(faces.class_counts())) == 1, f"{name} is not stratified"
        for row in range(len(faces)):
            red, green, _ = faces.image(row).convert("RGB").resize((1, 1)).getpixel((0, 0))
            assert round(red / 30) == faces.labels[row]
            assert faces.targets[row].argmax() == faces.labels[row]
            seen.add((name == "test", round(red / 30), round(green / 10)))
    assert len(seen) == 161, "a face is in two splits or in none"


def tables(old: str, new: str, mark: bytes = b"", encoding: str = "utf-8"):
    """RAF-DB as Kaggle packs it, with other tables."""

    def write(root: Path) -> None:
        kaggle(root)
        for path in root.glob("*_labels.csv"):
            path.write_bytes(mark + path.read_text().replace(old, new).encode(encoding))

    return write


def umlaut(root: Path) -> None:
    tables("train_00001_", "müde_00001_", encoding="latin-1")(root)
    place = root / "DATASET" / "train" / "1"
    (place / "train_00001_aligned.jpg").rename(place / "müde_00001_aligned.jpg")


def other_suffix(layout, suffix: str):
    def write(root: Path) -> None:
        layout(root)
        for path in root.rglob("*.jpg"):
            Image.open(path).save(path.with_suffix(".tmp"), "PNG")
            path.with_suffix(".tmp").rename(path.with_suffix(suffix))
            path.unlink()

    return write


def marked_list(root: Path) -> None:
    official(root)
    path = root / "basic" / "EmoLabel" / "list_patition_label.txt"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())


def other_splits(train: str, test: str):
    def write(root: Path) -> None:
        image_folder(EMOTIONS)(root)
        (root / "train").rename(root / train)
        (root / "test").rename(root / test)

    return write


def listed(inside: bool):
    """A folder a split without folders of emotions, and a table of what is on the pictures."""

    def write(root: Path) -> None:
        image_folder(EMOTIONS)(root / "sorted")
        for split in ("train", "test"):
            (root / split).mkdir()
            rows = ["file_name,emotion"]
            for path in (root / "sorted" / split).rglob("*.png"):
                rows.append(f"{path.name},{path.parent.name}")
                path.rename(root / split / path.name)
            table = root / split / "metadata.csv" if inside else root / f"{split}.csv"
            table.write_text("\n".join(rows))
        shutil.rmtree(root / "sorted")

    return write


NUMBERED = [f"{number}_{emotion}" for number, emotion in enumerate(EMOTIONS)]
DASHED = [f"{number}-{name}" for number, name in enumerate(OTHER_NAMES)]


@pytest.mark.parametrize(
    ("layout", "below"),
    [
        (tables("", "", b"\xef\xbb\xbf"), "."),
        (tables("", "", encoding="utf-16"), "."),
        (tables("image,label", "filename,emotion"), "."),
        (tables(",", ";"), "."),
        (umlaut, "."),
        (other_suffix(kaggle, ".png"), "."),
        (other_suffix(official, ".JPG"), "."),
        (other_suffix(official, ".png"), "."),
        (marked_list, "."),
        (official, "basic"),
        (kaggle, "DATASET"),
        (other_splits("Train", "TEST"), "."),
        (other_splits("train_set", "test-set"), "."),
        (image_folder(NUMBERED), "."),
        (image_folder(DASHED), "."),
        (listed(inside=True), "."),
        (listed(inside=False), "."),
    ],
    ids=[
        *("mark", "UTF-16", "columns", "semicolons", "Latin-1", "png", "JPG", "official png"),
        *("list with a mark", "basic", "DATASET", "Train", "train_set", "0_anger", "0-Angry"),
        *("metadata.csv", "train.csv"),
    ],
)
def test_data_are_read_as_people_have_them(tmp_path, layout, below):
    layout(tmp_path)
    splits = {name: load_split(tmp_path / below, name) for name in ("train", "validation", "test")}
    assert [len(faces) for faces in splits.values()] == [126, 14, 21]
    for faces in splits.values():
        for row in range(len(faces)):
            red, _, _ = faces.image(row).convert("RGB").resize((1, 1)).getpixel((0, 0))
            assert round(red / 30) == faces.labels[row]


@pytest.mark.parametrize("layout", [kaggle, official])
@pytest.mark.parametrize("place", ["val", "DATASET/val"])
def test_validation_of_ones_own_is_used_where_it_is_there(tmp_path, layout, place):
    layout(tmp_path)
    image_folder(EMOTIONS)(tmp_path / "own", {"val": 2})
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / "own" / "val").rename(tmp_path / place)
    assert len(load_split(tmp_path, "validation")) == 14
    assert len(load_split(tmp_path, "train")) == 140


def test_a_table_of_validation_is_used_where_it_is_there(tmp_path):
    kaggle(tmp_path, {"train": 20, "val": 2})
    assert len(load_split(tmp_path, "validation")) == 14
    assert len(load_split(tmp_path, "train")) == 140


@pytest.mark.parametrize("name", ["valid", "val", "dev"])
def test_validation_may_have_another_name(tmp_path, name):
    image_folder(EMOTIONS)(tmp_path)
    (tmp_path / "test").rename(tmp_path / name)
    assert len(load_split(tmp_path, "train")) == 140
    assert len(load_split(tmp_path, "validation")) == 21
    write_split(tmp_path / "parquet" / "train.parquet", 14)
    write_split(tmp_path / "parquet" / f"{name}.parquet", 7)
    assert len(load_split(tmp_path / "parquet", "train")) == 14
    assert len(load_split(tmp_path / "parquet", "validation")) == 7


def test_pictures_of_every_format_are_read(tmp_path, capsys):
    image_folder(EMOTIONS)(tmp_path)
    kinds = {"avif": "AVIF", "mpo": "MPO", "JPG": "JPEG"}
    for suffix, kind in kinds.items():
        picture(1, 0).save(tmp_path / "test" / "fear" / f"1.{suffix}", kind, quality=100)
    for suffix in ("heic", "HEIC"):
        from_pillow(picture(1, 0)).save(tmp_path / "test" / "fear" / f"1.{suffix}", quality=100)
    (tmp_path / "test" / "fear" / "more").mkdir()
    (tmp_path / "test" / "fear" / "metadata.csv").write_text("file_name,label\n")
    faces = load_split(tmp_path, "test")
    assert faces.class_counts().tolist() == [3, 3 + 5, 3, 3, 3, 3, 3]
    assert "1 files of" in capsys.readouterr().out
    for row in np.flatnonzero(faces.labels == 1):
        assert round(np.asarray(faces.image(row).convert("RGB"))[..., 0].mean() / 30) == 1


def test_groups_are_read_where_rafdb_says_them(tmp_path):
    official(tmp_path / "official")
    faces = load_split(tmp_path / "official", "test")
    assert {group: len(values) for group, values in faces.groups.items()} == {
        "gender": 21,
        "race": 21,
        "age": 21,
    }
    # Picture i has gender i % 2, race i % 3 and age i % 5.
    assert [values[4] for values in faces.groups.values()] == [
        "male",
        "African-American",
        "70 or more",
    ]
    assert [values[4] for values in faces.without([0]).groups.values()] == [
        "female",
        "Asian",
        "0–3",
    ]
    kaggle(tmp_path / "kaggle")
    assert load_split(tmp_path / "kaggle", "test").groups == {}


def test_validation_is_always_the_same(tmp_path):
    image_folder(EMOTIONS)(tmp_path)
    first, second = (load_split(tmp_path, "validation") for _ in range(2))
    pixels = [[f.image(row).tobytes() for row in range(len(f))] for f in (first, second)]
    assert pixels[0] == pixels[1]


@pytest.mark.parametrize("names", [EMOTIONS, tuple(reversed(EMOTIONS))], ids=["own", "reversed"])
def test_parquet_labels_and_votes_are_mapped_by_name(tmp_path, names):
    write_split(tmp_path / "train.parquet", 14, names)
    write_split(tmp_path / "validation.parquet", 7, names, votes=False)
    faces = load_split(tmp_path, "train")
    assert faces.labels.tolist() == [*range(7)] * 2
    assert faces.targets.argmax(1).tolist() == faces.labels.tolist()
    assert faces.targets[0].tolist() == pytest.approx([8 / 9, 0, 0, 0, 0, 0, 1 / 9])
    assert np.array_equal(load_split(tmp_path, "validation").targets, np.eye(7))


def test_counts_that_are_not_rafdbs_are_said_aloud(tmp_path, capsys):
    kaggle(tmp_path)
    load_split(tmp_path, "test")
    said = capsys.readouterr().out
    assert "RAF-DB test: 21 images: surprise 3" in said
    assert "WARNING" in said


def test_counts_of_any_split_are_printed(tmp_path, capsys):
    write_split(tmp_path / "validation.parquet", 8)
    load_split(tmp_path, "validation")
    said = capsys.readouterr().out
    assert "8 images: surprise 2, fear 1, disgust 1, happiness 1" in said
    assert "WARNING" not in said


def lose_an_image(root: Path) -> None:
    kaggle(root)
    next((root / "DATASET" / "train").rglob("*.jpg")).unlink()


def empty_a_class(root: Path) -> None:
    kaggle(root)
    lines = (root / "train_labels.csv").read_text().splitlines()
    kept = [line for line in lines if not line.endswith(",2")]
    (root / "train_labels.csv").write_text("\n".join(kept))


def number_a_label_0(root: Path) -> None:
    kaggle(root)
    path = root / "train_labels.csv"
    path.write_text(path.read_text().replace(",3", ",0"))


def shorten_an_annotation(root: Path) -> None:
    official(root)
    path = next((root / "basic" / "Annotation" / "manual").glob("train_*"))
    path.write_text("\n".join(path.read_text().splitlines()[:6]))


def spoil_parquet(root: Path) -> None:
    (root / "train.parquet").write_bytes(b"not a parquet")


def name_seven_others(root: Path) -> None:
    image_folder(("a", "b", "c", "d", "e", "f", "g"))(root)


def name_validation_twice(root: Path) -> None:
    image_folder(EMOTIONS)(root)
    shutil.copytree(root / "test", root / "val")
    shutil.copytree(root / "test", root / "valid")


def sort_nothing(root: Path) -> None:
    image_folder(EMOTIONS)(root)
    for path in list((root / "train").rglob("*.png")):
        path.rename(root / "train" / path.name)


def change_row(column: str, value: object) -> Callable[[Path], None]:
    """Spoils a data set in a Parquet file by one value in its fourth row."""

    def spoil(root: Path) -> None:
        write_split(root / "train.parquet", 14)
        write_split(root / "validation.parquet", 7)
        table = pq.read_table(root / "train.parquet")
        values = table[column].to_pylist()
        values[3] = value
        changed = pa.array(values, table[column].type if column == "label" else None)
        place = table.column_names.index(column)
        field = table.schema.field(column)
        field = field if column == "label" else pa.field(column, changed.type)
        pq.write_table(table.set_column(place, field, changed), root / "train.parquet")

    return spoil


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (change_row("label", -1), "1 rows of .* have no label, such as row 3"),
        (change_row("label", None), "1 rows of .* have no label, such as row 3"),
        (change_row("label", 99), "."),
        (change_row("votes", [0] * 7), "votes of row 3 of .* must be 7 counts"),
        (change_row("votes", [1.0, float("nan"), 0, 0, 0, 0, 0]), "votes of row 3 .* 7 counts"),
        (change_row("votes", [1, 2]), "votes of row 3 .* 7 counts"),
        (change_row("votes", [1, -2, 3, 0, 0, 0, 0]), "votes of row 3 .* 7 counts"),
        (change_row("votes", None), "votes of row 3 .* 7 counts"),
        (lambda root: None, "no train split"),
        (lambda root: (root / "train").mkdir(), "no train split"),
        (lose_an_image, "1 images of RAF-DB train are missing, such as .*jpg"),
        (empty_a_class, "no image of fear"),
        (number_a_label_0, "labels are 1 to 7, but its train list has '0'"),
        (shorten_an_annotation, "misses gender, race and age on lines 6 to 8"),
        (spoil_parquet, "cannot be read"),
        (name_validation_twice, "has both val and valid: leave one"),
        (sort_nothing, "140 images of .*train are in no folder named for their emotion"),
        (tables("image,label", "image,other"), "needs the columns image and label"),
        (tables("jpg,1", "jpg,"), "Line 2 of train_labels.csv lacks its image or its label"),
        (name_seven_others, "must be a ClassLabel of surprise.*they are a, b"),
    ],
    ids=[
        "label -1",
        "no label",
        "label 99",
        "no votes",
        "votes of NaN",
        "two votes",
        "less than no vote",
        "lost votes",
        "nothing",
        "empty",
        "lost image",
        "empty class",
        "label 0",
        "short annotation",
        "no parquet",
        "two validations",
        "unsorted",
        "no column",
        "no cell",
        "other names",
    ],
)
def test_bad_data_gets_one_sentence(tmp_path, spoil, sentence):
    spoil(tmp_path)
    with pytest.raises(DataError, match=sentence) as caught:
        load_split(tmp_path, "train")
    assert "\n" not in str(caught.value)


def test_unreadable_images_are_counted_named_and_left_out_only_if_asked(tmp_path, capsys):
    image_folder(EMOTIONS)(tmp_path)
    for number in ("00001", "00008"):
        (tmp_path / "test" / "fear" / f"{number}.png").write_text("not an image")
    with pytest.raises(DataError, match=r"2 of 21 images of test .*00001\.png.*--skip-unreadable"):
        load_split(tmp_path, "test")
    faces = load_split(tmp_path, "test", skip_unreadable=True)
    assert faces.class_counts().tolist() == [3, 1, 3, 3, 3, 3, 3]
    assert "2 of 21 images" in capsys.readouterr().out


def test_a_digest_tells_splits_apart(tmp_path):
    image_folder(EMOTIONS)(tmp_path)
    digests = [load_split(tmp_path, name).digest for name in ("validation", "test", "test")]
    assert digests[0] != digests[1] == digests[2]


def test_a_picture_of_200_megapixels_gets_a_sentence(tmp_path):
    image_folder(EMOTIONS)(tmp_path)
    big = tmp_path / "test" / "fear" / "big.png"
    big.write_bytes(huge_png(20_000, 10_000))
    with pytest.raises(DataError, match=r"big\.png” has more than 50 million pixels"):
        load_split(tmp_path, "test")
    assert len(load_split(tmp_path, "test", skip_unreadable=True)) == 21


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_grey_pictures_may_be_no_larger(tmp_path, monkeypatch, mode):
    monkeypatch.setattr("fer.images.MAX_PIXELS", 9_999)
    monkeypatch.setattr("fer.data.faces.MAX_PIXELS", 9_999)
    one = LabelledFaces([{"image": Image.new(mode, (100, 100))}], np.zeros(1, int), np.eye(7)[:1])
    with pytest.raises(DataError):
        one.pixels(0)


def huge_png(width: int, height: int) -> bytes:
    """A PNG that claims such a size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0")), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
