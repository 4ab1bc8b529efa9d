"""Two engines, one answer; which one is chosen; and what is said where none can answer."""

import builtins
import logging
import shutil
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from crops import crops
from generated import MEMBER
from spoiling import set_config

import fer
from fer.engines import choice
from fer.engines.openvino_engine import core
from fer.engines.shared_batches import SharedBatches
from fer.models.bundled import BUNDLES, WEIGHTS

BOTH = ("openvino", "torch")


@pytest.mark.parametrize(
    "model",
    [MEMBER, WEIGHTS / "convnext-ferplus", *BUNDLES.values()],
    ids=lambda model: str(model)[-16:],
)
def test_the_engines_agree(model):
    faces = crops(40)
    ours, reference = (fer.load(model, engine=name).predict(faces) for name in BOTH)
    np.testing.assert_allclose(ours, reference, atol=1e-4)
    assert reference.std(axis=0).min() > 1e-3, "answers that differ from face to face"


def test_the_heatmaps_agree():
    for ours, reference in zip(*(fer.load(engine=name).models for name in BOTH), strict=True):
        ours, reference = (model.answer(crops(9)).maps for model in (ours, reference))
        assert reference.std() > 0.01
        np.testing.assert_allclose(ours, reference, atol=1e-4)


def test_a_signal_finds_its_handler_after_models_have_come_and_gone():
    """OpenVINO gives signals a stack of its own; Ctrl-C ended in a segmentation fault."""
    come_and_gone = """
import gc, signal, fer
from fer.models.bundled import FAST
one, another = fer.load(FAST), fer.load(FAST)
del one
gc.collect()
del another
gc.collect()
signal.signal(signal.SIGINT, lambda *_: print("heard"))
signal.raise_signal(signal.SIGINT)
"""
    heard = subprocess.run([sys.executable, "-c", come_and_gone], capture_output=True, text=True)
    assert (heard.returncode, heard.stdout) == (0, "heard\n"), heard.stderr


@pytest.mark.parametrize("once_more", range(3))  # it hung two times in three
def test_the_first_answers_may_be_asked_for_side_by_side(once_more):
    side_by_side = """
import os, sys, threading
from fer.engines.openvino_engine import core
core()
import openvino
sys.setswitchinterval(1e-6)
together = threading.Barrier(8)
def ask():
    together.wait()
    openvino.Type.f32.to_dtype()  # as every inference does
threads = [threading.Thread(target=ask) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""
    subprocess.run([sys.executable, "-c", side_by_side], check=True, timeout=60)


def test_the_same_face_gets_the_same_bits_alone_and_in_a_crowd():
    recognizer, faces = fer.load(), crops(9)
    together = recognizer.predict(faces)
    alone = np.concatenate([recognizer.predict([face]) for face in faces])
    np.testing.assert_array_equal(together, alone)


# The choice


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(MEMBER, tmp_path / "model")


@pytest.fixture
def without(monkeypatch):
    """Makes packages look as if they were not installed."""

    def hide(*names):
        real = builtins.__import__

        def refuse(name, *rest):
            if name in names:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)
            return real(name, *rest)

        monkeypatch.setattr(builtins, "__import__", refuse)
        monkeypatch.setattr(choice, "find_spec", lambda name: None if name in names else True)

    return hide


def lose_graph(folder):
    (folder / "model.onnx").unlink()


def forget_graph(folder):
    set_config(graph=None)(folder)


def change_graph(folder):
    with (folder / "model.onnx").open("ab") as file:
        file.write(b"\0")


def swap_graph(folder):
    shutil.copy(WEIGHTS / "convnext-ferplus" / "model.onnx", folder / "model.onnx")


def other_weights(folder):
    set_config(graph={"sha256": "0" * 64, "weights_sha256": "1" * 64})(folder)


def keep(folder):
    pass


@pytest.mark.parametrize(
    ("spoil", "missing", "engine", "said"),
    [
        (keep, (), "openvino", ""),
        (keep, ("torch",), "openvino", ""),
        (keep, ("openvino",), "torch", "OpenVINO is not installed"),
        (lose_graph, (), "torch", "has no model.onnx"),
        (forget_graph, (), "torch", "has no model.onnx"),
        (change_graph, (), "torch", "damaged or was changed"),
        (swap_graph, (), "torch", "damaged or was changed"),
        (other_weights, (), "torch", "belongs to other weights"),
    ],
)
def test_torch_stands_in_and_says_why(
    folder, portrait, without, caplog, spoil, missing, engine, said
):
    spoil(folder)
    without(*missing)
    with caplog.at_level(logging.WARNING):
        recognizer = fer.load(folder)
    assert recognizer.engine.name == engine
    assert [said in record.getMessage() for record in caplog.records] == [True] * bool(said)
    (face,) = recognizer(portrait)
    assert face.emotion == "happiness"


@pytest.mark.parametrize(
    ("spoil", "missing", "said"),
    [
        (keep, ("openvino", "torch"), "OpenVINO is not installed: run pip install openvino"),
        (lose_graph, ("torch",), "has no model.onnx, without which only torch can answer"),
        (change_graph, ("torch",), "copy or download it again"),
        (other_weights, ("torch",), "belongs to other weights: save the model again"),
    ],
)
def test_where_nothing_can_answer_it_is_one_sentence(folder, without, spoil, missing, said):
    spoil(folder)
    without(*missing)
    with pytest.raises(fer.FerError, match=said) as caught:
        fer.load(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"engine": "onnx"}, "no engine 'onnx': choose openvino, torch or cuda"),
        ({"precision": "int8"}, "no precision 'int8': choose fp32 or bf16"),
    ],
)
def test_an_unknown_choice_is_refused(options, said):
    with pytest.raises(fer.FerError, match=said):
        fer.load(MEMBER, **options)


def test_a_cpu_that_openvino_cannot_use_leaves_it_to_torch(monkeypatch, caplog):
    def unable():
        raise RuntimeError('Device with "CPU" name is not registered\nin the runtime')

    monkeypatch.setattr("fer.engines.openvino_engine.core", unable)
    assert fer.load(MEMBER).engine.name == "torch"
    assert "OpenVINO cannot use this computer's CPU. torch answers instead" in caplog.text


def test_bf16_is_taken_where_the_cpu_has_it_only():
    able = "BF16" in core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    recognizer = fer.load(MEMBER, precision="bf16")
    assert recognizer.engine.precision == ("bf16" if able else "fp32")
    assert (fer.load(MEMBER).hasty().engine.precision == "bf16") == able


def test_answering_needs_no_torch(portrait):
    code = f"import fer, sys; fer.load()({str(portrait)!r}); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


# Shared batches


class Held:
    """Doubles numbers once it is set free, and remembers how many came at once."""

    def __init__(self):
        self.sizes = []
        self.busy = threading.Event()
        self.free = threading.Event()

    def __call__(self, batch):
        self.busy.set()
        self.free.wait()
        self.sizes.append(len(batch))
        if (batch < 0).any():
            raise ValueError("a negative number")
        return (batch * 2,)


def ask(shared, network, batches):
    """Each batch from a thread of its own, the others while the first is computed; answers or
    errors, in their order."""
    answers = [None] * len(batches)

    def one(i):
        try:
            answers[i] = shared(np.array(batches[i], np.float32))[0].tolist()
        except ValueError as error:
            answers[i] = str(error)

    threads = [threading.Thread(target=one, args=(i,)) for i in range(len(batches))]
    for waiting, thread in enumerate(threads):
        thread.start()
        network.busy.wait()
        while len(shared._waiting) < waiting:
            time.sleep(0.001)
    network.free.set()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.parametrize(
    ("batches", "most", "sizes"),
    [
        ([[1]], 8, [1]),
        ([[1], [2], [3], [4]], 8, [1, 3]),
        ([[1], [2, 3], [4, 5], [6]], 3, [1, 2, 3]),
        ([[1], [2, 3, 4, 5], [6]], 3, [1, 4, 1]),
    ],
)
def test_those_who_wait_share_a_batch(batches, most, sizes):
    network = Held()
    answers = ask(SharedBatches(network, most), network, batches)
    assert answers == [[2 * number for number in batch] for batch in batches]
    assert network.sizes == sizes


def test_an_error_reaches_those_who_shared_it_and_nobody_else():
    network = Held()
    shared = SharedBatches(network, 8)
    answers = ask(shared, network, [[1], [-1], [2]])
    assert answers == [[2], "a negative number", "a negative number"]
    assert ask(shared, network, [[3]]) == [[6]]
