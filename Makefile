# make demo   a first look: installs, generates two whole datasets into demo/, checks them, looks rows up, draws previews
# make test   everything CI runs: style, types, tests, the code in the docs
# make soak   the long crash, corruption and fuzz runs, every call of every command failing in its turn, and the loops of
#             regimes with every index checked: about half an hour
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
JOBS   ?= 2

.PHONY: demo test soak lint pictures clean

$(VENV)/bin/pip:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml constraints.txt | $(VENV)/bin/pip
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(VENV)/bin/pip
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[test]'
	touch $@

demo: $(VENV)/.run
	$(BIN)/factorhub list
	$(BIN)/factorhub generate dmelodies --out demo/dmelodies --splits train=0.7,validation=0.2,test=0.1
	$(BIN)/factorhub generate dsprites --out demo/dsprites --splits train=0.8,test=0.2
	$(BIN)/factorhub verify demo/dmelodies
	$(BIN)/factorhub verify demo/dsprites
	$(BIN)/factorhub lookup demo/dmelodies tonic=C octave=4 scale=blues rhythm_bar1=11111100 --split test --limit 5
	$(BIN)/factorhub lookup demo/dsprites shape=heart scale=1 orientation=0 posX=0 --limit 5
	$(BIN)/factorhub preview demo/dmelodies --count 8 --out demo/dmelodies.png
	$(BIN)/factorhub preview demo/dsprites --count 16 --out demo/dsprites.png
	$(BIN)/factorhub preview dsprites --traverse orientation --out demo/dsprites-orientation.png
	@echo 'Move factors on a page of your own: $(BIN)/factorhub explore shapes3d demo/dsprites'
	@echo 'Look at the pictures in demo/, then type: $(BIN)/factorhub preview shapes3d --traverse orientation --out demo/shapes3d.png'

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint
	$(BIN)/python -m pytest -n $(JOBS)

soak: $(VENV)/.test
	$(BIN)/python -m pytest -m soak -n $(JOBS) --durations 10
	NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=$(CURDIR)/$(VENV)/bounds $(BIN)/python -m pytest -q -n $(JOBS) tests/regimes tests/regions

pictures: $(VENV)/.run
	$(BIN)/python docs/images/draw.py

clean:
	rm -rf $(VENV) demo build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
