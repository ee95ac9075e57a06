# A folder with a manifest, ids and loss.npy: two rows of three little-endian f4, not measured in the second place.
mkdir m
echo '{"version": 1, "unit": "nat", "per": "byte", "steps": [10, 20, 30]}' >m/manifest.json
printf '"first"\n"second"\n' >m/ids.jsonl
{
    printf '\223NUMPY\001\000\166\000%-117s\n' "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"
    printf '\000\000\200\077\000\000\000\100\000\000\200\077'
    printf '\000\000\000\100\000\000\300\177\000\000\000\077'
} >m/loss.npy
"$TAMIS" score --scorer mean_loss m && "$TAMIS" score -q --scorer final_loss m --json
