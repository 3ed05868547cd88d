"""What neural networks share: loading, blocks, quantisation."""
