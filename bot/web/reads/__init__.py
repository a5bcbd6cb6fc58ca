"""What pages show and no action returns: queries only, each within the unit of who looks."""
