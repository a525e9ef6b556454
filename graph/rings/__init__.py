"""rings"""
