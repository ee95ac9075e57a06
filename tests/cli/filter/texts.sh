mkdir notes
printf 'The first note, of six words.\n' >notes/a.txt
printf 'Short.\n' >notes/b.txt
"$TAMIS" filter --filter length:min_words=3 notes
