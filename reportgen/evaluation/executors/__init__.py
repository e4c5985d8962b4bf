"""What runs a share of the models: processes of this machine, or the workers of a cluster."""
