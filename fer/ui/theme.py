"""The look of the page: quiet, light and dark, and nothing fetched from anywhere else."""

from pathlib import Path

import gradio as gr

THEME = gr.themes.Base(
    primary_hue=gr.themes.colors.teal,
    neutral_hue=gr.themes.colors.stone,
    radius_size=gr.themes.sizes.radius_lg,
    font=("system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"),
    font_mono=("ui-monospace", "Consolas", "monospace"),
).set(
    body_background_fill="*neutral_50",
    body_background_fill_dark="#171514",
    body_text_color_subdued="*neutral_600",
    body_text_color_subdued_dark="*neutral_400",
    block_background_fill="white",
    block_background_fill_dark="#211e1c",
    block_border_width="1px",
    button_secondary_background_fill="white",
    button_secondary_background_fill_dark="#211e1c",
    checkbox_label_border_width="1px",
    checkbox_label_background_fill_dark="*neutral_800",
)

# The page itself first, then its tabs, which may overrule it.
SHEETS = ("page", "photo", "answer", "live", "video", "batch", "about")
STYLES = Path(__file__).parent / "styles"
CSS = "\n".join((STYLES / f"{sheet}.css").read_text(encoding="utf-8") for sheet in SHEETS)
