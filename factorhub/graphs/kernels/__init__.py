"""The compiled loops of graphs: edges by chance, node concepts, and interactions."""
