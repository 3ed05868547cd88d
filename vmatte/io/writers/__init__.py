"""Writers: one way of storing pictures each."""
