"""What a teacher gets, made from the notebooks' sources and the items: see TEACHING.md."""
