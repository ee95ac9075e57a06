# From a pipe, compressed; steps in no order; -v tells the coverage of every checkpoint.
gzip <<'END' | "$TAMIS" score --scorer dynamic_uncertainty:window=2,input=loss -v
{"id":"a","losses":[4,3,null,1],"n_tokens":12}
{"id":"b","losses":[1,2,2],"steps":[3,0,2],"domain":"web"}
{"id":"c","losses":[null,null]}
END
