"""What users write - a line, a TOML file, a list of equations - read, checked and normalised."""
