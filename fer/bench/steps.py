"""Everything that is measured, one step after the other."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import fer
from fer.bench import answers, app, busy, environment, machine, processes
from fer.bench.photos import SIZES, SMALL, compose
from fer.bench.plan import QUICK, WHOLE
from fer.bench.records import Measurement, Outcome, Record, Skipped


@dataclass(frozen=True)
class Step:
    """One thing to measure."""

    name: str  # for the progress bar
    run: Callable[[], Iterator[Outcome]]


def measure(quick: bool, watched: Callable[[list[Step]], Iterable[Step]]) -> Record:
    """Take every step, as they come out of `watched`, which may show how far it is."""
    commit = machine.commit()  # of the code that is measured
    recognizer = fer.load()
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "photo.jpg"
        photo.write_bytes(compose(SIZES[SMALL], 1).jpeg())
        steps = all_steps(recognizer, photo, quick)
        outcomes = [outcome for step in watched(steps) for outcome in step.run()]
    return Record(
        date=date.today().isoformat(),
        version=fer.__version__,
        commit=commit,
        model=recognizer.name,
        engine=recognizer.engine.name,
        precision=recognizer.engine.precision,
        quick=quick,
        machine=machine.describe(),
        versions=machine.versions(),
        measured=[one for one in outcomes if isinstance(one, Measurement)],
        skipped=[one for one in outcomes if isinstance(one, Skipped)],
    )


def all_steps(recognizer: fer.Recognizer, photo: Path, quick: bool) -> list[Step]:
    """What to do; `photo` is a file for other processes."""
    plan = QUICK if quick else WHOLE
    return [
        Step("import fer", partial(processes.imports, plan)),
        Step("--help", partial(processes.helps, plan)),
        Step("fer photo.jpg", partial(processes.cold_photo, photo, plan)),
        Step("load", partial(answers.load, plan)),
        *(
            Step(f"find faces, {size}", partial(answers.decode_and_find, recognizer, size, plan))
            for size in plan.sizes
        ),
        Step("align", partial(answers.align, recognizer, plan)),
        Step("classify", partial(answers.classify, recognizer, plan)),
        Step("classify in bf16", partial(answers.classify_in_bf16, plan)),
        Step("explain", partial(answers.explain, recognizer, plan)),
        *(
            Step(f"whole photo, {size}", partial(answers.photo, recognizer, size, plan))
            for size in plan.sizes
        ),
        Step("whole photo by fast", partial(answers.photo_by_fast, plan)),
        Step("video", partial(answers.video, recognizer, plan)),
        Step("live", partial(answers.live, recognizer, plan)),
        Step("app", partial(app.app, photo, plan)),
        Step("beside busy processes", partial(busy.beside_others, recognizer, plan)),
        Step("size", environment.size),
    ]
