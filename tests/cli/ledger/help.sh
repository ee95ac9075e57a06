"$TAMIS" ledger --help
