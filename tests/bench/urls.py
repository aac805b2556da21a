"""The portal's addresses, and those of the ways that it is compared with."""

from django.urls import path

from snz_portal.urls import urlpatterns as portal
from tests.bench import bare, plain

urlpatterns = [
    path("bare/", bare.view),
    path("<language:language>/plain/<number:number>/", plain.issue),
    *portal,
]
handler400 = "snz_portal.views.bad_request"
handler403 = "snz_portal.views.forbidden"
handler404 = "snz_portal.views.not_found"
handler500 = "snz_portal.views.server_error"
