"""How hard a name is to short, and what its shorts have lost: arithmetic on published positions, fails and prices."""
