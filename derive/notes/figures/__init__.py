"""Figures made from the model: a drawing of marks, printed as SVG and as TikZ."""
