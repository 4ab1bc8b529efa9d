"""Whatever JSON an endpoint is sent, it answers with JSON: what was asked for, or a sentence."""

import json

import pytest
from generated import FASTER
from hostile import json_values, value_or_sentence
from hypothesis import given
from hypothesis import strategies as st

import fer
from fer.ui.api import Endpoints
from fer.ui.backend import Backend

PATHS = st.one_of(
    st.text(max_size=20), st.sampled_from(["/etc/passwd", "../..", "data:,", "http://x", "\0", ""])
)
FILES = st.one_of(
    json_values(),
    st.fixed_dictionaries({"path": PATHS}, optional={"url": PATHS, "meta": json_values()}),
)


@pytest.fixture(scope="module")
def endpoints(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("uploads")))
        yield Endpoints(Backend.on_cpu(fer.load(FASTER)))


@given(
    st.sampled_from(["recognize", "batch", "video", "explain"]),
    st.one_of(FILES, st.lists(FILES, max_size=3)),
    st.tuples(json_values(), json_values(), json_values()),
)
def test_any_request(endpoints, name, file, others):
    inputs = (file, *others) if name == "explain" else (file,)
    json.dumps(value_or_sentence(lambda: getattr(endpoints, name)(*inputs)))
