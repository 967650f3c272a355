"""What every program shares and no science: commands, results, runs, clusters, manifests, pictures."""
