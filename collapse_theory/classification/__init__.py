"""Labels that are signs: how often a model of right, wrong and verified ones errs.

Reading order: `sign_labels` (how labels come about), `kept` (the law of samples that passed a verifier),
`teachers` (the linear labels that stand for them), then `error` and `required_verifier`.
"""
