"""Conditions on factors that combine with & | ~, their text form, and their exact sizes and members on a grid."""

from factorhub.regions.cases import enumerable
from factorhub.regions.diagram import Diagram, diagram
from factorhub.regions.region import And, Condition, Not, Or, Region
from factorhub.regions.text import parse

__all__ = ["And", "Condition", "Diagram", "Not", "Or", "Region", "diagram", "enumerable", "parse"]
