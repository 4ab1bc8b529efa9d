"""Upstream's checkpoints become model folders of equal logits, and nothing in them is ever run."""

import json
import os
import pickle
import resource
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from upstream import DDAMFNet, MixedFeatureNet, randomise, save_whole

import fer
from fer.cli import main
from fer.errors import ModelError
from fer.labels import EMOTIONS
from fer.models.files import sha256
from fer.models.model_folder import open_network
from fer.models.upstream import bounded_reading
from fer.models.upstream.conversion import CLASSES
from fer.models.weights import load_network
from fer.networks.ddamfn import DDAMFN
from fer.networks.preprocess import IMAGENET_MEAN, IMAGENET_STD, to_batch

FACES = torch.randn(2, 3, 112, 112, generator=torch.Generator().manual_seed(1))
OLD = "_use_new_zipfile_serialization"
ORDER = [CLASSES.index(emotion) for emotion in EMOTIONS]


@pytest.fixture(scope="module")
def seven():
    return randomise(DDAMFNet())


@pytest.fixture(scope="module")
def eight():
    return randomise(DDAMFNet(8))


def wrapped(network):
    optimizer = torch.optim.Adam(network.parameters())
    return {
        "iter": 40,
        "model_state_dict": network.state_dict(),
        "optimizer_state_dict": optimizer.state_dict(),
    }


def run(path, out, *more):
    return main(["import", str(path), "--out", str(out), *more])


def test_the_reference_has_upstreams_layers(seven):
    assert sum(p.numel() for p in seven.parameters()) == 4_187_421, "the published 4.19 M"
    assert len(seven.state_dict()) == 1190
    assert len(MixedFeatureNet().state_dict()) == 1131


@pytest.mark.parametrize(
    ("content", "zipped"),
    [
        (lambda n: n.state_dict(), True),
        (lambda n: {f"module.{k}": v for k, v in n.state_dict().items()}, True),
        (wrapped, True),
        (wrapped, False),
    ],
    ids=["state dict", "of data-parallel training", "wrapped", "wrapped, old format"],
)
def test_logits_are_upstreams(seven, tmp_path, content, zipped):
    path = tmp_path / "rafdb_epoch20.pth"
    torch.save(content(seven), path, _use_new_zipfile_serialization=zipped)
    assert run(path, tmp_path / "out") == 0
    network = load_network(open_network(tmp_path / "out"))
    with torch.inference_mode():
        theirs, ours = seven(FACES)[:, ORDER], network(FACES)
    assert theirs.std() > 0.05, "logits that differ between classes and faces"
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)


@pytest.mark.parametrize("contempt", ["drop", "disgust", "neutral"])
def test_contempt_goes_where_the_user_says(eight, tmp_path, contempt):
    path = tmp_path / "affecnet8_epoch25.pth"
    torch.save(wrapped(eight), path)
    assert run(path, tmp_path / "out", "--contempt", contempt) == 0
    crop = Image.effect_noise((112, 112), 90).convert("RGB")
    with torch.inference_mode():
        logits = eight(torch.from_numpy(to_batch([crop], 112, IMAGENET_MEAN, IMAGENET_STD)))[0]
    expected = logits.softmax(0)[ORDER]
    if contempt == "drop":
        expected /= expected.sum()
    else:
        expected[EMOTIONS.index(contempt)] += logits.softmax(0)[CLASSES.index("contempt")]
    answer = torch.from_numpy(fer.load(tmp_path / "out").predict([crop])[0])
    torch.testing.assert_close(answer, expected, atol=1e-5, rtol=0)
    assert "Contempt" in (tmp_path / "out" / "README.md").read_text()


@pytest.mark.filterwarnings("ignore:Couldn't retrieve source code")
@pytest.mark.parametrize("zipped", [True, False])
def test_the_backbone_of_msceleb(tmp_path, zipped):
    network = randomise(MixedFeatureNet())
    save_whole(network, tmp_path / "MFN_msceleb.pth", zipped)
    assert run(tmp_path / "MFN_msceleb.pth", tmp_path / "out") == 0
    backbone = DDAMFN().backbone.eval()
    backbone.load_state_dict(load_file(tmp_path / "out" / "backbone.safetensors"))
    with torch.inference_mode():
        theirs, ours = network.features(FACES), backbone(FACES)
    assert theirs.std() > 0.05
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)
    assert "withdrew" in (tmp_path / "out" / "README.md").read_text()


def test_provenance_is_on_the_card(seven, tmp_path):
    path = tmp_path / "affecnet7_epoch19.pth"
    torch.save(seven.state_dict(), path)
    assert run(path, tmp_path / "out") == 0
    card = (tmp_path / "out" / "README.md").read_text()
    for words in (
        "No licence given by upstream",
        path.name,
        sha256(path),
        "AffectNet",
    ):
        assert words in card
    config = json.loads((tmp_path / "out" / "config.json").read_text())
    assert config["training_data"]["licence"].startswith("No licence given by upstream")


# Files that are refused


class Malice:
    """Runs code when it is unpickled."""

    def __init__(self, function, *arguments):
        self.reduced = function, arguments

    def __reduce__(self):
        return self.reduced


MALICE = {
    "os.mkdir": Malice(os.mkdir, "ran"),
    "exec": Malice(exec, "import os; os.mkdir('ran')"),
    "eval": Malice(eval, "__import__('os').mkdir('ran')"),
    "torch.load": Malice(torch.load, "ran"),
    "getattr": Malice(getattr, "ran", "mkdir"),
    "OrderedDict of os.mkdir": {"a": [{"b": (Malice(os.mkdir, "ran"),)}]},
}


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("malice", MALICE.values(), ids=MALICE)
def test_a_malicious_pickle_is_refused_unexecuted(tmp_path, monkeypatch, capsys, malice, zipped):
    monkeypatch.chdir(tmp_path)
    torch.save({"model_state_dict": malice}, "rafdb.pth", _use_new_zipfile_serialization=zipped)
    assert run("rafdb.pth", "out") == 2
    error = capsys.readouterr().err
    assert "might run code: nothing was run" in error
    assert error.count("\n") == 1
    assert not Path("ran").exists()
    assert not Path("out").exists()


def test_the_malice_of_these_tests_is_real(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"model_state_dict": MALICE["os.mkdir"]}, "rafdb.pth")
    torch.load("rafdb.pth", weights_only=False)
    assert Path("ran").exists()


def stack_global(path):
    """`os.mkdir` named by strings on the stack, as protocol 4 can."""
    path.write_bytes(b"\x80\x04\x8c\x02os\x8c\x05mkdir\x93\x8c\x03ran\x85R.")


def instance(path):
    """`os.mkdir` called by the INST opcode of protocol 0."""
    path.write_bytes(b"(S'ran'\nios\nmkdir\n.")


def compressed(path):
    torch.save({}, path)
    with zipfile.ZipFile(path) as archive:
        records = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in records.items():
            archive.writestr(name, data)


def state(change):
    def save(path):
        tensors = randomise(DDAMFNet()).state_dict()
        change(tensors)
        torch.save(tensors, path)

    return save


def backbone(path):
    torch.save(MixedFeatureNet().state_dict(), path)


def cut_short(path):
    state(len)(path)
    path.write_bytes(path.read_bytes()[:-100_000])


@pytest.mark.parametrize(
    ("file", "write", "more", "sentence"),
    [
        ("raf.pth", stack_global, [], "nothing was run"),
        ("raf.pth", instance, [], "nothing was run"),
        ("raf.pth", lambda p: None, [], "There is no checkpoint"),
        ("raf.pth", lambda p: p.write_bytes(b""), [], "damaged or not a PyTorch"),
        ("raf.pth", lambda p: p.write_text("I am no checkpoint"), [], "damaged or not a PyTorch"),
        ("raf.pth", lambda p: p.write_bytes(pickle.dumps({"a": 1})), [], "damaged or not a"),
        ("raf.pth", lambda p: torch.save([1, 2], p), [], "damaged or not a PyTorch"),
        ("raf.pth", lambda p: torch.save({}, p), [], "damaged or not a PyTorch"),
        ("raf.pth", cut_short, [], "damaged or not a PyTorch"),
        ("raf.pth", compressed, [], "damaged or not a PyTorch"),
        ("raf.pth", state(lambda t: t.pop("fc.bias")), [], "fc.bias is missing"),
        ("raf.pth", state(lambda t: t.pop("Linear.bn.bias")), [], "Linear.bn.bias is missing"),
        ("raf.pth", state(lambda t: t.update(more=torch.ones(1))), [], "more is missing, unknown"),
        ("raf.pth", state(lambda t: t.update({"fc.bias": torch.ones(9)})), [], "not upstream's"),
        (
            "raf.pth",
            state(lambda t: t.update({"fc.weight": torch.tensor(1.0)})),
            [],
            "not upstream",
        ),
        ("raf.pth", state(lambda t: t["fc.weight"].fill_(torch.nan)), [], "not finite"),
        ("raf.pth", state(len), ["--contempt", "drop"], "knows no contempt"),
        ("MFN.pth", backbone, ["--contempt", "drop"], "knows no contempt"),
        ("MFN.pth", backbone, ["--out", "MFN.pth"], "cannot hold the model (Not a directory)"),
        ("MFN.pth", backbone, ["--out", "MFN.pth/out"], "cannot hold the model (Not a directory)"),
        ("x.pth", state(len), [], "--trained-on RAF-DB or AffectNet"),
        ("8.pth", lambda p: torch.save(DDAMFNet(8).state_dict(), p), [], "choose --contempt drop"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_cannot_be_imported(tmp_path, monkeypatch, capsys, file, write, more, sentence):
    monkeypatch.chdir(tmp_path)
    write(Path(file))
    assert run(file, "out", *more) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1
    assert not Path("ran").exists()
    assert not Path("out").exists()


def overlapping(path):
    """A hundred records, of which each holds all that follow it: 100 MB in 1 MB."""
    torch.save({f"{i}": torch.zeros(2**18) for i in range(100)}, path)
    with zipfile.ZipFile(path) as archive:
        record, folder = f"{path.stem}/data.pkl", f"{path.stem}/data"
        names = archive.read(record)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(record, names)
        infos, content = [], bytes(2**20)
        for key in reversed(range(100)):
            info = zipfile.ZipInfo(f"{folder}/{key}")
            info.file_size = info.compress_size = len(content)
            info.CRC = zlib.crc32(content)
            content = info.FileHeader() + content
            info.header_offset = -len(content)
            infos.append(info)
        archive.fp.write(content)
        archive.start_dir = archive.fp.tell()
        for info in infos:
            info.header_offset += archive.start_dir
        archive.filelist += infos


REPEATED = torch.zeros(1).expand(1000, 1000, 1400)  # 5.6 GB in 4 bytes


@pytest.mark.parametrize(
    ("case", "write"),
    [
        ("a huge memo", lambda p: p.write_bytes(b"\x80\x02Nr" + struct.pack("<I", 2**28) + b".")),
        ("pairs as a key", lambda p: p.write_bytes(b"\x80\x02}N" + b"2\x86" * 40 + b"Ns.")),
        ("pairs in a set", lambda p: p.write_bytes(b"\x80\x04\x8f(N" + b"2\x86" * 40 + b"\x90.")),
        ("one value repeated", lambda p: torch.save({"fc.weight": REPEATED}, p)),
        ("the same, old", lambda p: torch.save({"a": REPEATED}, p, **{OLD: False})),
        ("a sparse file", lambda p: p.open("wb").truncate(2**40)),
        ("a folder", lambda p: p.mkdir()),
        ("a pipe", os.mkfifo),
    ],
)
def test_a_file_cannot_take_memory_or_time(tmp_path, monkeypatch, capsys, case, write):
    monkeypatch.setattr(bounded_reading, "SECONDS", 1)
    write(tmp_path / "raf.pth")
    assert run(tmp_path / "raf.pth", tmp_path / "out") == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "out").exists()
    # A child begins with what its parent holds, which may be more than it was allowed.
    parent, child = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    assert child.ru_maxrss < max(1_500_000, parent.ru_maxrss + 100_000), "KB"


def test_records_may_not_hold_each_other(tmp_path):
    overlapping(tmp_path / "raf.pth")
    with pytest.raises(ModelError, match="damaged"):
        bounded_reading.read_tensors(tmp_path / "raf.pth")


VALUES = torch.arange(12.0)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize(
    "tensor",
    [
        *(VALUES.to(kind) for kind in (torch.float64, torch.float16, torch.int64, torch.bool)),
        VALUES.bfloat16(),
        VALUES.reshape(3, 4).T,
        VALUES[5:9],
        VALUES[5],
        VALUES[:0],
    ],
    ids=lambda tensor: f"{tensor.dtype} {tuple(tensor.shape)}",
)
def test_every_kind_of_tensor_is_read(tmp_path, tensor, zipped):
    torch.save({"module.a": tensor}, tmp_path / "a.pth", **{OLD: zipped})
    (read,) = bounded_reading.read_tensors(tmp_path / "a.pth").items()
    assert read[0] == "a"
    expected = tensor.float() if tensor.dtype == torch.bfloat16 else tensor
    torch.testing.assert_close(read[1], expected, atol=0, rtol=0)


def test_a_folder_in_use_is_left_alone(seven, tmp_path, capsys):
    torch.save(seven.state_dict(), tmp_path / "raf.pth")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    assert run(tmp_path / "raf.pth", tmp_path / "out") == 2
    assert "is not empty" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]
