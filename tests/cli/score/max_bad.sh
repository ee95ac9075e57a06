printf '{"id":"a","losses":[3,2,1]}\n{"id":"b","losses":[3,2,-1]}\n' |
    "$TAMIS" score -q --scorer dynamic_uncertainty:input=loss --max-bad 0.5
