"""Language: sentences whose words follow from factors, as tokens with a vocabulary, and their readers."""
