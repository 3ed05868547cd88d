"""The ground floor: records, errors and the flow of frames; numpy and the standard library only."""
