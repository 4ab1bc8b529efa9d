"""Write a model folder's card: python -m model_cards weights/ddamfn-ferplus

The card is the folder's `README.md`, rendered from `template.md`, its config and its metrics:
no figure in it is typed by hand.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from huggingface_hub import ModelCard, ModelCardData

from fer.errors import FerError, ModelError
from fer.folder import read_config
from fer.labels import EMOTIONS, LEVELS_5

TEMPLATE = Path(__file__).parent / "template.md"
CARD = "README.md"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m model_cards", description="Write a card.")
    parser.add_argument("folder", type=Path, help="model folder")
    folder = parser.parse_args(arguments).folder
    try:
        (folder / CARD).write_text(render(folder), encoding="utf-8")
    except FerError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"The card is {folder / CARD}")
    return 0


def render(folder: Path) -> str:
    """The text of a folder's card; raises `ModelError` when its metrics cannot be read."""
    config = read_config(folder)
    try:
        splits: dict[str, Any] = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{folder} has no readable metrics.json: run python -m train.evaluate --write first."
        ) from error
    data = ModelCardData(
        library_name="fer-toolkit",
        pipeline_tag="image-classification",
        license="other",
        license_name="research-and-demonstration",
        tags=["facial-expression-recognition", config.architecture],
    )
    card = ModelCard.from_template(
        data,
        template_path=str(TEMPLATE),
        name=folder.resolve().name,
        config=config,
        splits=splits,
        emotions=EMOTIONS,
        levels=LEVELS_5,
        size_mb=(folder / "model.safetensors").stat().st_size / 1e6,
    )
    return str(card)


if __name__ == "__main__":
    sys.exit(main())
