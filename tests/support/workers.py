"""Ask a recogniser in another process: python workers.py WAY ENGINE PHOTO.

Prints the emotions that the processes found, which have a recogniser from this one.
"""

import gc
import multiprocessing
import os
import pickle
import sys
import threading
from concurrent.futures import ProcessPoolExecutor

import joblib
from datasets import Dataset

import fer
from fer.images import open_image
from fer.models.bundled import FAST

way, engine, photo = sys.argv[1:]


def ask(recognizer: fer.Recognizer) -> str:
    """The emotion in the photo, of which a heatmap is made as well."""
    (face,) = recognizer(photo)
    recognizer.explain(open_image(photo), face)
    return face.emotion


def ask_inherited(_: int) -> str:
    """The same of the recogniser that was here before the fork."""
    return ask(inherited)


def forked_plainly(_: int) -> str:
    """A child of a child answers, and both come to their end."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        answer = ask(inherited)
        if os.fork() == 0:
            os.write(writer, ask(inherited).encode())
            sys.exit()
        assert os.wait()[1] == 0
        sys.exit(answer != "happiness")
    assert os.wait()[1] == 0
    return os.read(reader, 99).decode()


def beside_busy_threads(_: int) -> str:
    """The fork comes while other threads answer and load."""
    over = threading.Event()

    def answer() -> None:
        while not over.is_set():
            ask(inherited)

    def load() -> None:
        while not over.is_set():
            fer.load(FAST, engine=engine)

    threads = [threading.Thread(target=work) for work in (answer, load)]
    for thread in threads:
        thread.start()
    answers = {forked_plainly(0) for _ in range(3)}
    over.set()
    for thread in threads:
        thread.join()
    return answers.pop() if len(answers) == 1 else "different answers"


def pooled(method: str, function, given) -> list[str]:
    """Answers from a pool of two processes."""
    with ProcessPoolExecutor(2, multiprocessing.get_context(method)) as pool:
        return list(pool.map(function, [given] * 2))


def in_workers_of_datasets() -> list[str]:
    photos = Dataset.from_dict({"number": [0, 1]})
    return photos.map(lambda row: {"seen": ask(inherited)}, num_proc=2)["seen"]


WAYS = {
    "forked": lambda: [forked_plainly(0)],
    "forked beside busy threads": lambda: [beside_busy_threads(0)],
    "pool of forked processes": lambda: pooled("fork", ask_inherited, 0),
    "pool of new processes": lambda: pooled("spawn", ask, inherited),
    "pickled": lambda: [ask(pickle.loads(pickle.dumps(inherited)))],
    "joblib": lambda: joblib.Parallel(2)([joblib.delayed(ask)(inherited)] * 2),
    "datasets": in_workers_of_datasets,
}

if __name__ == "__main__":
    inherited = fer.load(FAST, engine=engine)
    ask(inherited)
    for _ in range(2):  # of others that are gone by then
        ask(fer.load(FAST, engine=engine))
    gc.collect()
    print(*WAYS[way]())
