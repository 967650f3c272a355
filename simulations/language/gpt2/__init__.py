"""GPT-2: the model, how it is trained, and how it writes; it knows tokens, but no corpus."""
