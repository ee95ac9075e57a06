"$TAMIS" ledger --no-such-thing
