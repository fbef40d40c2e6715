"""Sheets: exercises on paper and on pages, as student sheets and as solution sheets.

sheet --> document (blocks) --> text | Markdown | HTML | LaTeX | Typst --> PDF
"""
