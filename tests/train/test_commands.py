"""Every command answers `--help` at once, and says in a sentence what it cannot do."""

import subprocess
import sys

import pytest

from train.convnext import main as train_convnext
from train.ddamfn import main as train_ddamfn
from train.reproduce import main as reproduce
from train.train import RECIPES

COMMANDS = sorted(path.stem for path in RECIPES.parent.glob("[!_]*.py"))
HEAVY = "torch numpy scipy sklearn datasets huggingface_hub PIL matplotlib"

HELP = f"""
import sys
sys.modules.update(dict.fromkeys("{HEAVY}".split()))  # to import one of them fails
from train.{{command}} import main
main(["--help"])
"""


@pytest.mark.parametrize("command", COMMANDS)
def test_help_imports_nothing_heavy(command):
    script = HELP.format(command=command)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"python -m train.{command}" in done.stdout


MEMBERS = ["--members", "convnext", "face_resnet29"]


@pytest.mark.parametrize(
    ("main", "options", "sentence"),
    [
        (train_ddamfn, ["--workers", "-1"], "--workers: must be a whole number, 0 or more"),
        (train_ddamfn, ["--minutes", "nan"], "--minutes: must be a number of minutes, 0 or more"),
        (train_ddamfn, ["--minutes", "-1"], "--minutes: must be a number of minutes, 0 or more"),
        (reproduce, ["--workers", "-1"], "--workers: must be a whole number, 0 or more"),
        (reproduce, ["--seeds", "0"], "--seeds must be at least 1"),
        (reproduce, ["--members", "resnet"], "there is no member resnet: name ddamfn, convnext,"),
        (reproduce, ["--members", "my.toml"], "one member makes no ensemble: name two, or train"),
        (reproduce, ["--members", "my.toml", "a/my.toml"], "two members have one name"),
        (reproduce, [*MEMBERS, "--msceleb", "x.pth"], "--msceleb is what ddamfn starts from"),
        *(
            (reproduce, [*MEMBERS, f"a/{name}.toml"], f"no member can be called {name}: rename")
            for name in ("ensemble", "soft vote", "seed-2", "msceleb", "ddamfn", "DDAMFN", "a|b")
        ),
    ],
)
def test_a_wrong_option_is_said_before_anything_is_done(tmp_path, capsys, main, options, sentence):
    with pytest.raises(SystemExit, match="2"):
        main(["--data", "unused", "--out", str(tmp_path / "run"), *options])
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("main", "recipe", "sentence"),
    [
        (
            train_ddamfn,
            "ferplus-convnext",
            "ferplus-convnext trains a convnextv2_atto, not DDAMFN: use python -m train.convnext.",
        ),
        (
            train_convnext,
            "rafdb-ddamfn",
            "rafdb-ddamfn trains a ddamfn, not ConvNeXt-V2: use python -m train.ddamfn.",
        ),
        (
            train_ddamfn,
            "ferplus-face-resnet",
            "ferplus-face-resnet trains a face_resnet29, not DDAMFN: use python -m train.train.",
        ),
    ],
)
def test_a_command_says_whose_recipe_it_was_given(tmp_path, capsys, main, recipe, sentence):
    arguments = ["--data", "unused", "--out", str(tmp_path / "run")]
    assert main([*arguments, "--recipe", str(RECIPES / f"{recipe}.toml")]) == 2
    assert capsys.readouterr().err == f"{sentence}\n"
