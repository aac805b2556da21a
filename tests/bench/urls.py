"""URLs of the portal and of the views to compare with."""

from django.urls import path

from snz_portal.urls import urlpatterns as portal
from tests.bench import baseline_view, minimal_responses

urlpatterns = [
    path("bare/", minimal_responses.view),
    path("<language:language>/plain/<number:number>/", baseline_view.issue),
    *portal,
]
handler400 = "snz_portal.views.bad_request"
handler403 = "snz_portal.views.forbidden"
handler404 = "snz_portal.views.not_found"
handler500 = "snz_portal.views.server_error"
