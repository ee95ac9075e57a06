"$TAMIS" restore NOWHERE --rule exact
