"""Any bytes are a photo, or one sentence says why not."""

from unicodedata import category

from hostile import photos, value_or_sentence, zips
from hypothesis import given
from hypothesis import strategies as st

from fer import batch
from fer.images import MAX_PIXELS, open_image


@given(photos())
def test_any_bytes_are_a_photo_or_a_sentence(data):
    photo = value_or_sentence(lambda: open_image(data))
    if photo is not None:
        assert photo.mode == "RGB"
        assert 0 < photo.width * photo.height <= MAX_PIXELS
        photo.tobytes()  # it was decoded to the end


@given(st.one_of(zips(), photos()))
def test_any_file_is_photos_or_a_sentence(shared_file, data):
    shared_file.write_bytes(data)
    gathered = value_or_sentence(lambda: batch.gather([shared_file])) or []
    assert len(gathered) <= batch.MAX_PHOTOS
    for name, get in gathered:
        assert ".." not in name.split("/")
        assert not any(category(letter) in ("Cc", "Cs") for letter in name), "it can be printed"
        value_or_sentence(lambda get=get: open_image(get()))
