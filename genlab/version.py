"""The version of the course: of what students have, of the grader, and of the marks that it gives."""

VERSION = "0.5.0"
