"""Use cases about people: recommendations, audiences, rules, newest events."""
