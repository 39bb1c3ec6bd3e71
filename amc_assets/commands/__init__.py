"""What each `amc` command does; ``cli.py`` declares the arguments. A module here is imported when its command runs."""
