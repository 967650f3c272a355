"""Stories to learn from: those of a grammar, with their exact probabilities, and those of text files."""
