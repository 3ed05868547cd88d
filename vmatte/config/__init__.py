"""Configuration: YAML and overrides become a Plan. The only place that knows hydra."""
