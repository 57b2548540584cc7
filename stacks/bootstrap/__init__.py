"""The bootstrap stack: state bucket, GitHub roles, image repositories."""
