"""Language models trained on what earlier ones wrote, round after round."""
