"""One module per kind of place: news, ads, social pages, new host names, reported links. Sources stand beside them."""
