"""What refiners have in common as models: trimaps from the user, working sizes, memory, precision.

A network of the kind brings a `Recipe`; `NetworkRefiner` runs it, and `Trimapped` makes a Matter of any refiner.
"""
