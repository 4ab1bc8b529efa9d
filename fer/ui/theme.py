"""The colours and fonts of the page: quiet, light and dark, nothing fetched from anywhere else."""

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
