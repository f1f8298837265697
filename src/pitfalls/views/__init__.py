"""What checks ask for: facts of many files joined into one meaning, one module each."""
