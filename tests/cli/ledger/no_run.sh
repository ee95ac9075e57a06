"$TAMIS" ledger NOWHERE
