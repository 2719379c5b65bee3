"""The kernels on a GPU, where there is one."""

import pytest
import torch

from tests.flash.child import needs_triton, run_suite


def capability() -> tuple[int, int]:
    return torch.cuda.get_device_capability() if torch.cuda.is_available() else (0, 0)


@needs_triton
@pytest.mark.gpu
@pytest.mark.slow
@pytest.mark.skipif(
    capability() < (8, 0), reason="no NVIDIA GPU of compute capability 8.0 or newer"
)
def test_kernels_on_the_gpu(tmp_path):
    run_suite("gpu", 70, tmp_path, interpret=False)
