"""Any file is a checkpoint's tensors, or one sentence says why not."""

import io
import pickle
import struct
import zipfile

from hostile import damaged, value_or_sentence
from hypothesis import given, settings
from hypothesis import strategies as st

from fer.models.upstream.bounded_reading import read_tensors

TEXT = st.sampled_from(
    ["torch._utils", "_rebuild_tensor_v2", "collections", "OrderedDict", "torch", "FloatStorage"]
)
CALLS = st.sampled_from(
    [
        b"ccollections\nOrderedDict\n",
        b"ctorch._utils\n_rebuild_tensor_v2\n",
        b"ctorch\nFloatStorage\n",
        b"cbuiltins\nset\n",
        b"cposix\nsystem\n",
        b"ctorch.nn.modules.linear\nLinear\n",
    ]
)
SIZES = st.sampled_from([0, 1, 2, 7, 255, 2**16, 2**28, 2**31 - 1])
# One opcode each, with arguments of its kind.
OPCODES = st.one_of(
    st.sampled_from([b"(", b")", b"]", b"}", b"N", b"t", b"l", b"d", b"R", b"b", b"Q", b"s", b"u"]),
    st.sampled_from(
        [b"a", b"e", b"0", b"2", b"1", b"\x81", b"\x85", b"\x86", b"\x87", b"\x8f", b"\x90"]
    ),
    CALLS,
    TEXT.map(lambda text: b"X" + struct.pack("<I", len(text)) + text.encode()),
    SIZES.map(lambda size: b"J" + struct.pack("<i", size)),
    SIZES.map(lambda size: b"r" + struct.pack("<I", size)),  # put at an index
    SIZES.map(lambda size: b"j" + struct.pack("<I", size)),  # get from an index
    SIZES.map(lambda size: b"X" + struct.pack("<I", size)),  # a text of which nothing follows
    st.binary(max_size=4),
)


def _zipped(program: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("model/data.pkl", program)
        archive.writestr("model/data/0", bytes(64))
    return file.getvalue()


PROGRAMS = st.lists(OPCODES, max_size=25).map(lambda codes: b"\x80\x02" + b"".join(codes) + b".")
NESTED = st.integers(1, 5000).map(lambda depth: b"\x80\x02N" + depth * b"2\x86" + b"}" + b"\x86.")
SMALL = pickle.dumps({"a": [1, 2.5, "b"], "c": (None, {"d"})}, 2)


# A tenth of the cases, for each has a process of its own.
@settings(max_examples=settings().max_examples // 10)
@given(
    st.one_of(PROGRAMS, PROGRAMS.map(_zipped), NESTED, NESTED.map(_zipped), damaged(_zipped(SMALL)))
)
def test_any_file(shared_file, data):
    shared_file.write_bytes(data)
    tensors = value_or_sentence(lambda: read_tensors(shared_file))
    for tensor in (tensors or {}).values():
        assert tensor.numel() * tensor.element_size() <= len(data)
