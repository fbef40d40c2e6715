"""Pictures: an exercise's figures, drawn from its program alone, as accessible SVG.

program --> network (neurons and layers)  |  graph (operations, values, shapes) --> figures
"""

from generator.pictures.choice import computation_graph, figures, worked_figures

__all__ = ["computation_graph", "figures", "worked_figures"]
