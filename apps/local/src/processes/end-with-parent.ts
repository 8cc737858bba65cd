/** Loaded into a process whose code is not ours (Next's server): it ends when the launcher is gone. */
process.once('disconnect', () => process.exit(1))
