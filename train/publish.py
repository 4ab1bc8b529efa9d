"""Put a model on the Hub: python -m train.publish RUN --repo me/ddamfn-rafdb [--dry-run]

RUN is a run's folder, or the folder of a model or of an ensemble. It is checked as if it came from
the Hub; then the files listed below, and no others, go up in one commit, which also deletes those
of an earlier model that this one lacks. A folder without a graph, as older ones are, gets it first.
The token is read from HF_TOKEN or from `hf auth login`.
"""

import argparse
import sys
from pathlib import Path

from fer.commands import run_command


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m train.publish", description="Publish a model.")
    parser.add_argument("run", type=Path, help="folder of a run, a model or an ensemble")
    parser.add_argument("--repo", required=True, help="id of the repository, such as me/ddamfn")
    parser.add_argument("--private", action="store_true", help="if it is new, others cannot see it")
    parser.add_argument("--create-pr", action="store_true", help="propose the commit only")
    parser.add_argument("--dry-run", action="store_true", help="check and list, upload nothing")
    options = parser.parse_args(arguments)
    return run_command(lambda: publish(options), "train")


def publish(options: argparse.Namespace) -> int:
    """Publish as the command line says; the exit code."""
    from fer.models.graph import with_graph
    from fer.models.model_folder import NetworkFolder, model_of_run, open_model
    from train.publishing.model import publish_model, publishable
    from train.publishing.push import listing

    model = open_model(model_of_run(options.run))
    if isinstance(model, NetworkFolder):
        model = with_graph(model)
    if options.dry_run:
        print(listing(publishable(model)))
    else:
        print(publish_model(model, options.repo, options.private, options.create_pr))
    return 0


if __name__ == "__main__":
    sys.exit(main())
