"""The peer: the same list in Django with django-encrypted-model-fields, session login and one audit row a view."""
