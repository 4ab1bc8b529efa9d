"""What everybody has to know before the first use, in plain words."""

import gradio as gr

from fer.ui.scripts import script

NOTICE = """
<dialog aria-labelledby="notice-title">
<h2 id="notice-title">Before you start</h2>
<p><strong>A computer guesses here.</strong> It looks at faces and says which expression they show.
It is often wrong.</p>
<p><strong>An expression is not a feeling.</strong> People smile without being happy, and are
sad without showing it. Never decide anything about a person with it.</p>
<p><strong>Not at work, not at school.</strong> In the European Union it is forbidden to read
emotions there, medical and safety reasons aside. Elsewhere, tell the people whose faces
you show.</p>
<p><strong>Nothing is kept.</strong> Your pictures are used to answer you, and then forgotten.</p>
<form method="dialog"><button autofocus>I understand</button></form>
</dialog>
"""


def build() -> None:
    """A window over the page, which stays away once it was closed in this browser."""
    gr.HTML(NOTICE, js_on_load=script("notice"), apply_default_css=False, elem_id="notice")
