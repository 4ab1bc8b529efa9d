"""Any table of faces is a data set, or one sentence says why not."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hostile import photos, picture, value_or_sentence
from hypothesis import given
from hypothesis import strategies as st

from fer.data import load_split
from fer.labels import EMOTIONS

LABELS = st.one_of(st.none(), st.integers(-2, 9))
VOTES = st.one_of(
    st.none(),
    st.lists(st.one_of(st.integers(-1, 9).map(float), st.floats()), max_size=8),
    st.lists(st.integers(0, 9).map(float), min_size=7, max_size=7),
)
PICTURES = st.one_of(st.just(picture("PNG", "RGB")), st.none(), photos())
ROWS = st.lists(st.tuples(PICTURES, LABELS, VOTES), min_size=1, max_size=4)
NAMES = st.one_of(
    st.just(list(EMOTIONS)),
    st.permutations(EMOTIONS).map(list),
    st.lists(st.sampled_from([*EMOTIONS, "happy", "HAPPINESS", "contempt", ""]), max_size=8),
)


@given(ROWS, NAMES, st.booleans(), st.booleans())
def test_any_table(tmp_path_factory, rows, names, votes, skip):
    columns = {
        "image": pa.array(
            [None if content is None else {"bytes": content} for content, _, _ in rows],
            pa.struct([("bytes", pa.binary()), ("path", pa.string())]),
        ),
        "label": pa.array([label for _, label, _ in rows], pa.int64()),
    }
    features = {
        "image": {"_type": "Image"},
        "label": {"names": names, "_type": "ClassLabel"},
    }
    if votes:
        columns["votes"] = pa.array([own for _, _, own in rows], pa.list_(pa.float64()))
        features["votes"] = {"feature": {"dtype": "float64", "_type": "Value"}, "_type": "List"}
    about = {"huggingface": json.dumps({"info": {"features": features}})}
    folder = tmp_path_factory.mktemp("data")
    table = pa.table(columns).replace_schema_metadata(about)
    for split in ("train", "validation"):
        pq.write_table(table, folder / f"{split}.parquet")
    faces = value_or_sentence(lambda: load_split(folder, "train", skip))
    if faces is not None:
        assert len(faces.labels) == len(faces.targets) > 0
        assert set(faces.labels) <= set(range(7))
        np.testing.assert_allclose(faces.targets.sum(axis=1), 1, atol=1e-5)
        assert faces.targets.min() >= 0
        for row in range(len(faces)):
            assert faces.pixels(row).dtype == np.uint8
