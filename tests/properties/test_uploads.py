"""Whatever visitors do with their uploads, in whatever order: each is there while it is needed, and
none is left."""

import os
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from unittest.mock import patch

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from fer.ui.server import uploads


class Visitors(RuleBasedStateMachine):
    """They upload, join the queue, are answered, cancel, leave, or never come back."""

    uploaded = Bundle("uploaded")
    waiting = Bundle("waiting")
    answered = Bundle("answered")

    def __init__(self):
        super().__init__()
        self.now = 1000.0
        self.needed: set[Path] = set()  # by whoever waits or is being answered
        self.awaited: set[Path] = set()
        self.answers = ExitStack()
        self.exit = ExitStack()
        self.folder = Path(self.exit.enter_context(TemporaryDirectory())).resolve()
        environment = {"GRADIO_TEMP_DIR": str(self.folder)}
        self.exit.enter_context(patch.dict(os.environ, environment))
        clock = SimpleNamespace(monotonic=lambda: self.now)
        self.exit.enter_context(patch.object(uploads, "time", clock))

    @rule(target=uploaded, count=st.integers(1, 3))
    def upload(self, count):
        paths = [self.folder / os.urandom(4).hex() / "photo.jpg" for _ in range(count)]
        for path in paths:
            path.parent.mkdir()
            path.touch()
        return paths

    @rule(target=waiting, paths=consumes(uploaded))
    def join(self, paths):
        present = [path for path in paths if path.exists()]  # not too late
        self.needed.update(present)
        self.awaited.update(present)
        return present

    @rule(paths=consumes(waiting))
    def cancel(self, paths):
        self.needed.difference_update(paths)
        self.awaited.difference_update(paths)

    @rule(target=answered, paths=consumes(waiting))
    def begin_to_answer(self, paths):
        reading = self.answers.enter_context(ExitStack())
        named = [{"path": str(path)} for path in paths]
        assert reading.enter_context(uploads.all_taken(named)) == paths
        self.awaited.difference_update(paths)  # it need not wait any more
        return paths, reading

    @rule(answer=consumes(answered))
    def end_the_answer(self, answer):
        paths, reading = answer
        self.needed.difference_update(paths)
        reading.close()
        assert not any(path.exists() for path in paths)

    @rule(seconds=st.sampled_from([1.0, uploads.UNCLAIMED_SECONDS + 1.0]))
    def sweep_after(self, seconds):
        self.now += seconds
        uploads.erase_unneeded(self.awaited)

    @invariant()
    def what_is_needed_is_there(self):
        assert all(path.exists() for path in self.needed)

    def teardown(self):
        """Everybody who still waits goes away; answers that have begun come to their end."""
        self.answers.close()
        self.needed.clear()
        self.awaited.clear()
        for _ in range(2):
            self.sweep_after(uploads.UNCLAIMED_SECONDS + 1.0)
        left = list(self.folder.iterdir())
        self.exit.close()
        assert not left


TestVisitors = Visitors.TestCase
TestVisitors.settings = settings(stateful_step_count=20)
