PYTHON ?= python3
BIN := .venv/bin
SETUP := $(PYTHON) tools/bootstrap.py
# Every lock leaves torch out (see pyproject.toml) and names no host.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links --no-emit-package torch --override tools/no-torch.txt \
	pyproject.toml --extra torch-imports --extra demo

.PHONY: demo run test soak check lint bench messages lock

demo:
	@$(SETUP)
	@$(BIN)/python -m bot demo $(ARGS)

run:
	@$(SETUP)
	@$(BIN)/python -m bot run $(ARGS)

test:
	@$(SETUP) dev
	@$(PYTHON) -m tools.browser
	$(BIN)/python -m pytest $(ARGS)

soak:
	@$(SETUP) dev
	$(BIN)/python -m pytest -n 0 -s -m soak --timeout 0 $(ARGS)

check:
	@$(SETUP) dev
	@$(BIN)/python -m tools.check $(ARGS)

lint:
	@$(SETUP) dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/pyright
	@$(BIN)/python -m tools.audit

bench:
	@$(SETUP)
	@$(BIN)/python -m engine bench $(ARGS)
	@$(BIN)/python -m tools.bench_gallery

messages:
	@$(SETUP) dev
	@$(BIN)/python -m tools.messages $(ARGS)

lock:
	@$(SETUP) dev
	$(COMPILE) -o requirements.lock
	$(COMPILE) --extra training --constraint requirements.lock -o requirements-training.lock
	$(COMPILE) --extra training --extra dev --constraint requirements.lock -o requirements-dev.lock
