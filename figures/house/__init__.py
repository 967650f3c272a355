"""What all figures share: computing, remembering, drawing, and reporting how points and lines agree."""
