"""A model folder to the Hub: only files that belong to it, only after they have been checked."""

from pathlib import Path

from fer.errors import ModelError
from fer.evaluation.scorings import SCORINGS
from fer.models.config import CONFIG, GRAPH_FILE, STACKER_FILE, WEIGHTS_FILE
from fer.models.graph import check_graph
from fer.models.hub import PINNED
from fer.models.model_folder import CARD, EnsembleFolder, NetworkFolder
from fer.models.records import METRICS, TRAINING
from fer.recognizer import Recognizer
from model_cards.card import renamed
from model_cards.check import require_good_card
from model_cards.licences import LICENCE_FILE
from train.publishing.push import Push

OPTIONAL = (TRAINING, SCORINGS, ".eval_results/*.yaml", "plots/*.png")
# On the Hub: not to outlive the model that they belong to.
OWNED = (WEIGHTS_FILE, GRAPH_FILE, STACKER_FILE, *OPTIONAL)
PICKLES = {".bin", ".ckpt", ".joblib", ".pickle", ".pkl", ".pt", ".pth"}
PICKLE_STARTS = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


def publish_model(
    model: NetworkFolder | EnsembleFolder,
    repo: str,
    private: bool = False,
    create_pr: bool = False,
) -> str:
    """Check a model and put it on the Hub in one commit, which deletes what an earlier model left.

    Returns what to tell the user. Raises `ModelError` when it must not be published, `HubError`
    when the Hub refuses.
    """
    files = publishable(model)
    push = Push(repo, private, create_pr)
    # On the Hub the model has another name, by which the card's snippet has to call it.
    card = renamed(model, repo).encode()
    return push.commit({**files, CARD: card}, f"Publish {model.name}", OWNED)


def publishable(model: NetworkFolder | EnsembleFolder) -> dict[str, Path]:
    """The files of a model, checked as if it came from the Hub, by their names there.

    Raises `ModelError` with the first reason why it must not be published.
    """
    for path in sorted(model.path.rglob("*")):
        if path.is_file() and is_pickle(path):
            raise ModelError(f"{path} may hold a pickle, which can run code: remove it first.")
    weights = model.weights_path.name
    if not model.config.sha256:
        raise ModelError(
            f"{CONFIG} in {model.path} records no SHA-256 of {weights}: save it again."
        )
    members = model.config.members if isinstance(model, EnsembleFolder) else ()
    for member in members:
        if not PINNED.fullmatch(member):
            raise ModelError(
                f"The ensemble names its member {member} by its place here: publish the members, "
                "then stack them by their ids on the Hub."
            )
    Recognizer(model)  # reads and checks the weights
    if isinstance(model, NetworkFolder):
        check_graph(model)
    require_good_card(model)
    files = {name: model.path / name for name in (CONFIG, weights, CARD, METRICS)}
    if isinstance(model, NetworkFolder):
        files[GRAPH_FILE] = model.path / GRAPH_FILE
    for pattern in (*OPTIONAL, LICENCE_FILE):  # not owned: it may be somebody's
        for path in sorted(model.path.glob(pattern)):
            files[path.relative_to(model.path).as_posix()] = path
    return files


def is_pickle(path: Path) -> bool:
    """Whether a file is a pickle, or an archive that may hold one, by its name or its start."""
    with path.open("rb") as file:
        return path.suffix in PICKLES or file.read(4).startswith(PICKLE_STARTS)
