"""Batches of exercises on the command line: made on all cores, written whole, resumed.

generate --> candidates --> pool (made, examined) --> selection --> folder --> sheets
"""
