"""What several derivations stand on: the setting, the statements to prove, points, pictures."""
