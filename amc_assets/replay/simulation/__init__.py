"""How the simulated market is made: population, planted events, price and volume paths, short positions.

Everything is a pure function of the seed. What is planted here is never served and never read outside ``replay`` and
its tests; ``docs/simulated-market.md`` says what is modelled and what is not.
"""
