"""The market itself: session calendar, publication calendar, symbol spellings, universe.

Pure and quick to import: nothing here reads the network, the clock or a lake, and nothing here imports pandas.
"""
