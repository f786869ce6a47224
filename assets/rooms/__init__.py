"""The steps of each room, one module per room. Without arithmetic: read, call one function of `pipelines`, return."""
