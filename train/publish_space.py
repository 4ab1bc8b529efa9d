"""Put the app on the Hub: python -m train.publish_space me/fer-demo --model me/ddamfn-rafdb

Uploads what a Space needs and nothing else: the committed files of the app and of the library with
the bundled weights, and a README whose front matter names the versions of requirements.txt and the
model. Other files there are deleted in the same commit. The Space serves that model, and the
bundled one while the Hub cannot be reached.
"""

import argparse
import sys

from fer.commands import run_command


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m train.publish_space", description="Publish the app as a Space."
    )
    parser.add_argument("repo", help="id of the Space, such as me/fer-demo")
    parser.add_argument("--model", required=True, help="Hub id of the model to serve")
    parser.add_argument("--private", action="store_true", help="if it is new, others cannot see it")
    parser.add_argument("--dry-run", action="store_true", help="list, upload nothing")
    options = parser.parse_args(arguments)
    return run_command(lambda: publish(options), "train")


def publish(options: argparse.Namespace) -> int:
    """Publish as the command line says; the exit code."""
    from train.publishing.push import listing
    from train.publishing.space import publish_space, space_files

    if options.dry_run:
        print(listing(space_files(options.model)))
    else:
        print(publish_space(options.repo, options.model, options.private))
    return 0


if __name__ == "__main__":
    sys.exit(main())
