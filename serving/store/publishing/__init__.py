"""The parts of a set of answers, each worked out from the lake and the champions."""
