"""What a person finds on arriving: navigation, my work, figures, and the public pages."""
