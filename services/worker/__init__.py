"""The worker: takes uploads from the queue, and puts their thumbnails into the bucket."""
