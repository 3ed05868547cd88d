"""The shipped configuration, installed as `vmatte.conf`."""
