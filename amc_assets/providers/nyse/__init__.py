"""NYSE: the Reg SHO threshold lists of its markets."""
