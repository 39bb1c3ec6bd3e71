"""What each `amc` command does; ``cli.py`` only declares arguments. Nothing here is imported before its command runs."""
