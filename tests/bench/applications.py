"""WSGI entry points of what is compared: Django without the page store, with or without middleware by its settings."""

from django.core.wsgi import get_wsgi_application

django = get_wsgi_application()
