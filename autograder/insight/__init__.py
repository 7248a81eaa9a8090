"""What a class has understood: numbers from the gradebook, pictures, one page for whoever teaches."""
