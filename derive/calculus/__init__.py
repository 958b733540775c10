"""The index calculus: substitution, derivatives, contraction and normal forms of expressions."""
