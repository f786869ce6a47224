"""The pedestrian graph, the profiles, and what an edge costs each of them."""
