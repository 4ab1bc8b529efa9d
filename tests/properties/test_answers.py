"""What a face shows depends neither on its neighbours nor on how many are asked about at once."""

from itertools import pairwise

import numpy as np
import pytest
from crops import crops
from hypothesis import given
from hypothesis import strategies as st

import fer
from fer.models.bundled import FAST

FACES = crops(6)


@pytest.fixture(scope="module")
def fast():
    recognizer = fer.load(FAST)
    return recognizer, recognizer.predict(FACES)


@given(st.permutations(range(6)), st.lists(st.integers(0, 6), max_size=3))
def test_a_batch_may_be_in_any_order_and_in_any_parts(fast, order, cuts):
    recognizer, expected = fast
    edges = [0, *sorted(cuts), 6]
    for first, behind in pairwise(edges):
        part = order[first:behind]
        if part:
            answers = recognizer.predict([FACES[face] for face in part])
            np.testing.assert_allclose(answers, expected[part], atol=1e-5)
