"""The drawings of penstock itself, laid out by Graphviz: what DOT, SVG and PNG share."""
