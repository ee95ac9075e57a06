printf 'The first paragraph,\nof two lines.\n\nShort.\n\nThe last paragraph of this file.\n' |
    "$TAMIS" filter --format paragraphs --filter length:min_words=3 -
