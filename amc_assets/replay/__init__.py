"""A market over HTTP: recorded or simulated days served in the providers' own wire formats, with faults on request.

Nothing outside this room may read what the simulator planted; the rest of the project reaches it by HTTP only.
"""
