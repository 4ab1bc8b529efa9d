"""The web page: `fer.ui.page.build` puts it together from the functions that run the model.

Each tab is a module of `tabs`, each of its parts a folder of `components` with template, style and
script side by side; `server` looks after what visitors send.
"""

import os

# Before gradio is imported: the page then asks nothing of any other host.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
