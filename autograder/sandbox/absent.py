"""All that a sandbox shows of the package autograder where that is installed beside the libraries."""

raise ModuleNotFoundError("No module named 'autograder': the grader is not in the sandbox", name="autograder")
