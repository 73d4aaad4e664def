"""The labelling page: the codebook as a labeling config, and units as tasks."""
