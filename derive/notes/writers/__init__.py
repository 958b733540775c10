"""Writers: one file for each format; a document becomes text, or the bytes of a PDF."""
