"""From index form to matrix form, and back again as a check."""
