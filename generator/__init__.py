"""Templates become exercises, exercises hold questions, worksheets are lists of exercises.

    template (a TOML file) + seed -> choice of slots -> forward program -> questions with their keys

Nothing here grades; the answers are derived from the forward program by the engine.
"""
