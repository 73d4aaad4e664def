# Everything happens in .venv; `make demo` and `make test` set it up on a machine that has nothing but
# Python 3.11 or later (with venv) and make.

# Each command and test worker would compile every module anew where bytecode is not kept.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check install --quiet --constraint constraints.txt

.PHONY: demo test check format bench docs llm clean

demo: .venv/.user .venv/.pulled
	$(BIN)/standfirst demo

test: .venv/.developer .venv/.browser .venv/.weights .venv/.llm
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

check: .venv/.developer
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	mkdir -p .typing && ln -sfn .. .typing/standfirst
	MYPYPATH=.typing $(BIN)/mypy -p standfirst
	$(BIN)/lint-imports --no-cache
	$(BIN)/python docs/make.py --check

format: .venv/.developer
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Under ten minutes; each script says in its docstring how to run it in full.
bench: .venv/.developer
	$(BIN)/python benchmarks/extraction.py
	$(BIN)/python benchmarks/segmentation.py
	$(BIN)/python benchmarks/gold.py --seeds 2
	$(BIN)/python benchmarks/quality.py babe-bias newsmtsc-part --seeds 1 --sizes 50 200
	$(BIN)/python benchmarks/ingest.py 5000
	$(BIN)/python benchmarks/scale.py speed 10000
	$(BIN)/python benchmarks/tag.py --smoke
	$(BIN)/python benchmarks/fuzz.py --cases 220
	$(BIN)/python benchmarks/kills.py --kills 24 --races 4

docs: .venv/.developer
	$(BIN)/python docs/make.py

# A language model of half a billion parameters and the server of llama.cpp, for the tests that ask one.
llm: .venv/.developer
	$(PIP) --group llm
	$(BIN)/python tests/local_model.py fetch

clean:
	rm -rf .venv build dist *.egg-info .typing

.venv/bin/python:
	$(PYTHON) -m venv .venv

# Of ten thousand modules the demonstration imports a few hundred: they are compiled when they are used.
.venv/.user: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) --no-compile --editable '.[minilm]'
	touch $@

# Groups of dependencies are known to pip from 25.1 on.
.venv/.developer: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/pip --disable-pip-version-check install --quiet --upgrade 'pip>=25.1'
	$(PIP) --editable '.[backend,docs,fast,label-studio,minilm,ray,s3]' --group dev
	touch $@ .venv/.user

# MiniLM's weights; where they cannot be fetched, the demonstration counts words, and the tests that
# need them are skipped; both say so.
.venv/.pulled: .venv/.user
	$(BIN)/standfirst encoders pull minilm || echo "no weights here: words are counted instead"
	touch $@

.venv/.weights: .venv/.developer .venv/.pulled
	touch $@

# Where it cannot be had, the tests that ask a real language model are skipped, and say so.
.venv/.llm: .venv/.developer
	$(MAKE) llm || echo "no language model here: the tests that ask one will be skipped"
	touch $@

# The browser is Debian's. Where it cannot be installed, the tests that need it are skipped, and say so.
.venv/.browser: | .venv/bin/python
	command -v chromium >/dev/null || { apt-get update --quiet && \
	  apt-get install --quiet --yes --no-install-recommends chromium fonts-dejavu-core; } || \
	  echo "no chromium here: the browser tests will be skipped"
	touch $@
