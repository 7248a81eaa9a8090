"""``python -m autograder``: see ``commands``. Worker processes import this module again: it must cost nothing."""

if __name__ == "__main__":
    import sys

    from autograder.commands import main

    sys.exit(main())
