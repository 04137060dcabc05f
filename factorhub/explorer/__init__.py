"""The explorer: a page on this machine on which factors are moved and the observation is rendered that no file holds."""
