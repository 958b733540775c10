"""Every displayed line evaluated from the forward equations alone."""
