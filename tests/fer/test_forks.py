"""A recogniser answers in other processes too, however they got it."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fer.forks import Gate, PerProcess

WORKERS = Path(__file__).parents[1] / "support" / "workers.py"


@pytest.mark.parametrize(
    ("way", "engine"),
    [
        ("forked", "openvino"),
        ("forked", "torch"),
        ("forked beside busy threads", "openvino"),
        ("pool of forked processes", "openvino"),
        ("pool of new processes", "openvino"),
        ("pickled", "openvino"),
        ("pickled", "torch"),
        ("joblib", "openvino"),
        ("datasets", "openvino"),
    ],
)
def test_a_recognizer_answers_in_another_process(portrait, way, engine):
    command = [sys.executable, WORKERS, way, engine, portrait]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": str(WORKERS.parents[2])},
    )
    try:
        answer, errors = process.communicate(timeout=120)
    finally:
        if process.poll() is None:  # it hangs, and so may its children
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, errors
    assert set(answer.split()) == {"happiness"}


def test_each_process_makes_its_own():
    own = PerProcess(lambda: [os.getpid()])
    assert own() is own()
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.write(writer, str(own() == [os.getpid()]).encode())
        os._exit(0)
    os.wait()
    assert os.read(reader, 99) == b"True"
    assert own() == [os.getpid()]


def test_a_fork_waits_for_the_gate_and_nobody_comes_in_meanwhile():
    gate, inside, leave, said = Gate(), threading.Event(), threading.Event(), []

    def stay():
        with gate():
            inside.set()
            leave.wait()
            said.append("left")

    def fork():
        gate.close()
        said.append("closed")

    def follow():
        with gate():
            said.append("came in")

    threads = [threading.Thread(target=work) for work in (stay, fork, follow)]
    threads[0].start()
    inside.wait()
    threads[1].start()
    while not gate._closed:
        pass
    threads[2].start()
    leave.set()
    for thread in threads[:2]:
        thread.join()
    assert said == ["left", "closed"]
    gate.open()
    threads[2].join()
    assert said == ["left", "closed", "came in"]
