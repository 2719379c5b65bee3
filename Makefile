# Every target makes .venv from requirements.lock first if it is not current.
# PYTHON=/path/to/python3.12 chooses the Python that .venv is made with.
RUN = @.ci/with-python .ci/environment.py

.DEFAULT_GOAL := help
.PHONY: help lab test exercises check bench lock

help:  ## Show these lines
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

lab:  ## Open JupyterLab at the first lesson (PORT=8888)
	$(RUN) .ci/lab.py

test:  ## Run everything: style, package tests, every notebook, generated exercises
	$(RUN) .ci/test.py

exercises:  ## Generate exercises/ from solutions/
	$(RUN) -m course_utils.cli exercises

check:  ## Prove that exercises/ is what solutions/ generates
	$(RUN) -m course_utils.cli exercises --check

bench:  ## Measure the attention kernels on this machine
	$(RUN) benchmarks/flash.py

lock:  ## Resolve pyproject.toml anew into requirements.lock (Python 3.11 on Linux)
	$(RUN) .ci/lock.py
