"""Nothing here is a test: it is a command, with tools that only `make mutants` installs."""

collect_ignore_glob = ["*.py"]
