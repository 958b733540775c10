"""Claims: formulas, documents, algorithms and tables that others wrote about a network, judged with a reason."""
