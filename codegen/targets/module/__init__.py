"""Templates of what every emitted module has, whatever its target."""
