"""fer report results.parquet [--out report.html]: what a results file comes to, as one page."""

import argparse
from functools import partial
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Write the page; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="fer report",
        description="Show what came out of fer batch, as one HTML page that needs nothing else.",
    )
    parser.add_argument("results", type=Path, help="results of fer batch")
    parser.add_argument("--out", type=Path, help="the page; without it beside the results")
    options = parser.parse_args(arguments)

    from fer.bulk import tables
    from fer.bulk.files import write_whole
    from fer.errors import FerError, MissingExtra
    from fer.report.faces import Origin, pictures_of
    from fer.report.summary import summary

    try:
        from fer.report.page import page
    except ModuleNotFoundError as error:
        raise MissingExtra(error, "app") from error
    out = options.out or options.results.with_suffix(".html")
    if out.exists() and MARK not in out.read_bytes()[:1000]:
        raise FerError(f"{out} exists and is no report: choose another name with --out.")
    found = summary(tables.read(options.results))
    about = tables.about(options.results)
    every = about.get("options", {}).get("every", 0.2)
    origin = Origin(Path(about.get("folder", ".")), every)
    html = page(options.results.name, found, about, partial(pictures_of, origin=origin))
    write_whole(out, lambda file: file.write(html.encode()))
    print(out)
    return 0


MARK = b'<meta name="generator" content="fer report">'
