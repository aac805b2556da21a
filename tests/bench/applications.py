"""Django without the page cache as a WSGI application; the settings decide on middleware."""

from django.core.wsgi import get_wsgi_application

django = get_wsgi_application()
