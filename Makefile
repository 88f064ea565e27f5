# make demo: install and serve the app.   make test: install and run every check and test.
# make quick: the checks that take less than a minute: no browser, no shipped weights, nothing slow.
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 7860
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test quick format clean

demo: $(VENV)/.installed
	$(BIN)/python app.py --host $(HOST) --port $(PORT)

test: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n 2 --dist loadfile

quick: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/pytest -n 2 -m "not browser and not shipped and not slow"

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis

# torch's own package would bring CUDA on Linux unless an index with a CPU build is set; constraints.txt pins the rest
$(VENV)/.installed: requirements.txt constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet -r requirements.txt -c constraints.txt
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.txt
	$(BIN)/pip install --quiet -r requirements-dev.txt -c constraints.txt
	touch $@
