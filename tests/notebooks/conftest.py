"""What nbval needs on a busy machine: a kernel that did not come up is started a second time."""

import nbval.kernel

start_once = nbval.kernel.start_new_kernel


def start_new_kernel(*args, **kwargs):
    """Start a kernel, once more where the first answers nothing.

    Seen once in some hundred runs: two processes start kernels beside each other, and one kernel never answers, while
    the other runs all its cells. No test is repeated by this: no cell has run yet.
    """
    try:
        return start_once(*args, **kwargs)
    except RuntimeError:
        return start_once(*args, **kwargs)


nbval.kernel.start_new_kernel = start_new_kernel
