# The first word of every line: what follows depends on the build.
"$TAMIS" --version >version && sed 's/ .*//' version
