"""What all figures share: computing, drawing, saying how they came about and how points and lines agree."""
