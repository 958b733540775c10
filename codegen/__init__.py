"""From equations to NumPy modules: lowering, passes, targets and the certificate."""
