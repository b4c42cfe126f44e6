// A precompiled header is compiled with a source of its target; this one has nothing else to do.
