# The environment lives in .venv and is brought up to date when what it is made from has changed.

VENV := .venv
PYTHON := $(VENV)/bin/python
# Some machines forbid Python to keep what it has compiled: every start would compile it all again.
unexport PYTHONDONTWRITEBYTECODE

# uv downloads and unpacks side by side, three times faster than pip. Only pip reads pip's settings,
# which some networks need.
INSTALL := install() { $(VENV)/bin/uv pip install --python $(PYTHON) "$$@" || $(PYTHON) -m pip install "$$@"; }; install

.DEFAULT_GOAL := demo
.PHONY: demo test fuzz soak check format lock screenshot cards

demo: $(VENV)/app.stamp  ## Open the app on the bundled weights
	$(PYTHON) app.py

# Three processes keep two cores busy, for tests of the page often wait. One that dies is not
# replaced: the tests left would wait for it for good.
test: $(VENV)/dev.stamp  ## Run all tests
	$(PYTHON) tests/support/browser.py
	OMP_NUM_THREADS=1 $(PYTHON) -m pytest -m "not alone" -n 3 --max-worker-restart 0 --no-loadscope-reorder --durations 15
	OMP_NUM_THREADS=1 $(PYTHON) -m pytest -m alone tests/fer/bulk

fuzz: $(VENV)/dev.stamp  ## Try 10,000 new hostile cases of each property instead of 300
	FER_CASES=fuzz OMP_NUM_THREADS=1 $(PYTHON) -m pytest tests/properties -n 2 --timeout 0

soak: $(VENV)/dev.stamp  ## Let 32 users use the app for 30 minutes, and report on it
	$(PYTHON) tests/support/soak.py

check: $(VENV)/dev.stamp  ## Style, types and which package may import which
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(VENV)/bin/lint-imports

format: $(VENV)/dev.stamp  ## Put the code into the project's style
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

# For all systems and Pythons that pyproject.toml allows; development needs 3.11.
LOCK := $(VENV)/bin/uv pip compile pyproject.toml --universal --generate-hashes --no-annotate --quiet \
	--custom-compile-command "make lock"

lock: $(VENV)/dev.stamp  ## Write down every package that is installed, its files' hashes, its licence
	$(LOCK) --python-version 3.10 --extra app --extra torch -c requirements.txt -o requirements.lock
	$(LOCK) --python-version 3.11 --all-extras -c requirements.txt -c requirements-dev.txt -o requirements-dev.lock
	$(PYTHON) tests/support/licences.py

cards: $(VENV)/dev.stamp  ## Make the bundled models' cards and the README's tables again
	$(PYTHON) -m model_cards all

screenshot: $(VENV)/dev.stamp  ## Make the README's pictures again
	$(PYTHON) tests/support/browser.py
	$(PYTHON) tests/support/screenshot.py

# uv comes last into a new environment, so its presence says that the environment is whole.
$(VENV)/bin/uv:
	@for python in python3.11 python3.12 python3.13 python3.10 python3; do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2> /dev/null; then \
			$$python -m venv --clear $(VENV) && $(PYTHON) -m pip install --quiet uv==0.13.9; \
			exit; \
		fi; \
	done; \
	echo "Python 3.10 or newer is needed (3.11 is the tested one): install it and try again." >&2; \
	exit 1

# torch, which takes gigabytes, comes along where there is a GPU for it or `make demo TORCH=1` asks.
comma := ,
APP := app$(if $(TORCH)$(shell command -v nvidia-smi),$(comma)torch)

# `fer` itself is installed editable: what is written here is what answers.
$(VENV)/app.stamp: requirements.txt pyproject.toml | $(VENV)/bin/uv
	$(INSTALL) -e '.[$(APP)]' -c requirements.txt
	touch $@

$(VENV)/dev.stamp: requirements.txt requirements-dev.txt pyproject.toml | $(VENV)/bin/uv
	$(INSTALL) -e '.[app,ray,torch,export,train,test]' -c requirements.txt -c requirements-dev.txt
	touch $@
