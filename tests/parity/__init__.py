"""Parity with published networks: vectors made with weights that anyone can make again from the key names."""
