"""What holds for every test: shapes are checked, one thread, no learner's folder."""

import os

# Two workers share two cores; read by the numeric libraries when they are first loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import jaxtyping
import pytest
import torch

# The shapes in the signatures are checked at each call, here and nowhere else: a
# learner's own mistakes shall meet the messages written for them.
jaxtyping.install_import_hook(
    ["course_utils.attention", "course_utils.flash.tiled"], "beartype.beartype"
)
torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def a_learner_s_folder_of_its_own(tmp_path_factory, monkeypatch):
    """Predictions and progress go to a temporary folder, never to the clone's my/."""
    monkeypatch.setenv("COURSE_MY", str(tmp_path_factory.mktemp("my")))
