"""Next-token regression on fixed features of the context: a language model with a closed form."""
