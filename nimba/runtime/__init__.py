"""Runtime: compiled kernels, operators, files, errors and exits: what knows nothing of clouds."""
